//! Metrics as the tools of others read them.

#![cfg(all(feature = "metrics", feature = "opentelemetry", feature = "prometheus-client"))]
#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

#[path = "../support/sockets.rs"]
#[expect(dead_code, reason = "only routers are served here")]
mod sockets;
#[path = "../support/mod.rs"]
mod support;

mod claims;
mod metrics;
mod opentelemetry;
mod prometheus_client;
mod promtool;
mod text;

use std::collections::BTreeMap;

use palisade::registry::{Metric, MetricKind};
use palisade::{BulkheadLayer, Error, Name, Registry, fallback};
use tower::{Service, ServiceBuilder};

use crate::support::readings::number;
use crate::support::services::down;

/// An export of a registry to a tool, and the tool.
trait Export {
    async fn of(registry: &Registry) -> Self;

    /// What the tool shows now.
    async fn read(&self) -> Values;
}

/// Values by their names and labels.
type Values = BTreeMap<Series, f64>;

/// The name of a metric, and its labels in the order of their names.
type Series = (String, Vec<(String, String)>);

fn series(name: &str, labels: &[(&str, &str)]) -> Series {
    let mut labels: Vec<_> = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
    labels.sort();
    (name.to_owned(), labels)
}

/// The metrics of a registry, without those that are of no use now.
fn metrics_of(registry: &Registry) -> Vec<Metric> {
    let mut metrics = registry.metrics();
    metrics.retain(|metric| !metric.samples.is_empty());
    metrics
}

/// What an export of a registry must show.
fn values_of(registry: &Registry) -> Values {
    let samples = metrics_of(registry).into_iter().flat_map(|Metric { name, samples, .. }| {
        samples.into_iter().map(move |sample| (series(name, &sample.labels), number(&sample.value)))
    });
    samples.collect()
}

/// The names of the counters.
fn counters_of(registry: &Registry) -> Vec<&'static str> {
    let counters = registry.metrics().into_iter().filter(|metric| metric.kind == MetricKind::Counter);
    counters.map(|metric| metric.name).collect()
}

/// The standard stack around a service that is down, with all parts that count.
fn stack(registry: &Registry) -> impl Service<u32, Response = u32, Error = Error> + Clone + use<> {
    let stack = palisade::standard("seen").unwrap().bulkhead(4).fallback(fallback::value(7)).registry(registry);
    ServiceBuilder::new().layer(stack).service(down())
}

fn bulkhead(registry: &Registry, name: &'static str) -> BulkheadLayer {
    BulkheadLayer::builder(1).name(Name::new(name).unwrap()).registry(registry).build().unwrap()
}

/// Texts that do harm where they are not escaped.
const HOSTILE: [&str; 6] = [
    "\"} 1\npalisade_up{name=\"",
    "</script><script>alert(1)</script>",
    "\u{0}\u{1b}[2J\r\t",
    "\\\"\\",
    "\\n",
    "\u{202e}\u{1f480}",
];
