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
mod objectives;
mod opentelemetry;
mod prometheus_client;
mod promtool;
mod text;

use std::collections::BTreeMap;

use std::time::Duration;

use palisade::registry::{Metric, MetricKind, Reading, Sample};
use palisade::{
    Adaptive, BulkheadLayer, Criticality, CriticalityLayer, Error, MeasureLayer, Name, Rate, RateLimitLayer, Registry,
    fallback,
};
use tower::{Service, ServiceBuilder};

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
    let mut labels: Vec<_> =
        labels.iter().map(|(label, value)| ((*label).to_owned(), comparable(label, value))).collect();
    labels.sort();
    (name.to_owned(), labels)
}

/// The value of a label. The longest time of a bucket is a number, which each export writes in its own way.
fn comparable(label: &str, value: &str) -> String {
    if label == "le" { value.parse::<f64>().unwrap().to_string() } else { value.to_owned() }
}

/// The metrics of a registry, without those that are of no use now.
fn metrics_of(registry: &Registry) -> Vec<Metric> {
    let mut metrics = registry.metrics();
    metrics.retain(|metric| !metric.samples.is_empty());
    metrics
}

/// What an export of a registry must show.
fn values_of(registry: &Registry) -> Values {
    let metrics = metrics_of(registry).into_iter();
    metrics
        .flat_map(|Metric { name, samples, .. }| samples.into_iter().flat_map(|sample| values(name, &sample)))
        .collect()
}

/// The values of a sample: of a histogram those of all buckets, and how many calls there were and how long they took.
#[expect(clippy::cast_precision_loss, reason = "no test counts so far")]
fn values(name: &str, Sample { labels, value, .. }: &Sample) -> Vec<(Series, f64)> {
    let times = match value {
        Reading::Count(count) => return vec![(series(name, labels), *count as f64)],
        Reading::Level(level) => return vec![(series(name, labels), *level)],
        Reading::Histogram(times) => times,
        other => panic!("unknown: {other:?}"),
    };
    let buckets = times.buckets.iter().map(|bucket| {
        let le = bucket.le.as_ref().map_or(f64::INFINITY, Duration::as_secs_f64).to_string();
        let labels: Vec<_> = labels.iter().copied().chain([("le", &*le)]).collect();
        (series(&format!("{name}_bucket"), &labels), bucket.count as f64)
    });
    let of_all = [("_count", times.count() as f64), ("_sum", times.sum.as_secs_f64())];
    buckets.chain(of_all.map(|(end, value)| (series(&format!("{name}{end}"), labels), value))).collect()
}

/// The names under which the values of a metric stand. A histogram has three.
fn names_of(metric: &Metric) -> Vec<String> {
    let ends: &[_] = if metric.kind == MetricKind::Histogram { &["_bucket", "_count", "_sum"] } else { &[""] };
    ends.iter().map(|end| format!("{}{end}", metric.name)).collect()
}

/// The names of what only grows.
fn counters_of(registry: &Registry) -> Vec<String> {
    let counters = registry.metrics().into_iter().filter(|metric| metric.kind != MetricKind::Gauge);
    counters.flat_map(|metric| names_of(&metric)).collect()
}

/// A layer of each kind that counts, around a service that is down.
fn stack(registry: &Registry) -> impl Service<u32, Response = u32, Error = Error> + Clone + use<> {
    let [route, adapted, keyed] = ["GET /orders", "adapted", "keyed"].map(|name| Name::new(name).unwrap());
    let measure = |name: &'static str| MeasureLayer::builder(name).registry(registry);
    // It gains no call while a test runs.
    let rate = RateLimitLayer::builder("seen", Rate::per(Duration::from_secs(1 << 20), 100)).registry(registry);
    let bulkhead = |places: usize, name: Name| BulkheadLayer::builder(places).name(name).registry(registry);
    let standard = palisade::standard("seen").unwrap().bulkhead(4).fallback(fallback::value(7)).registry(registry);
    ServiceBuilder::new()
        .layer(measure("seen").build().unwrap())
        .layer(measure("routes").by(move |_: &u32| route).build().unwrap())
        .layer(CriticalityLayer::by(|_: &u32| Criticality::Critical).registry(registry))
        .layer(rate.build().unwrap())
        .layer(bulkhead(8, adapted).adaptive(Adaptive::aimd()).build().unwrap())
        .layer(bulkhead(2, keyed).per_key(|request: &u32| *request).build().unwrap())
        .layer(standard)
        .service(down())
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
