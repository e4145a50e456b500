//! A scrape of a server that shows a registry by `prometheus-client`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::Registry;
use palisade::registry::MetricKind;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry as Prometheus;

use super::{Export, HOSTILE, Values, bulkhead, metrics_of, series, stack};
use crate::sockets::serve_router;
use crate::text::Scrape;

/// A server whose `/metrics` shows a registry, and its client.
pub(crate) struct Seen {
    server: SocketAddr,
    client: Client<HttpConnector, Empty<Bytes>>,
}

impl Export for Seen {
    async fn of(registry: &Registry) -> Self {
        let mut prometheus = Prometheus::default();
        prometheus.register_collector(Box::new(registry.clone()));
        Self::served(prometheus).await
    }

    async fn read(&self) -> Values {
        Scrape::of(&self.text().await).values
    }
}

impl Seen {
    async fn served(prometheus: Prometheus) -> Self {
        let prometheus = Arc::new(prometheus);
        let metrics = get(move || async move { encoded(&prometheus) });
        let server = serve_router(Router::new().route("/metrics", metrics)).await;
        Self { server, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn text(&self) -> String {
        let uri = format!("http://{}/metrics", self.server).parse().unwrap();
        let body = self.client.get(uri).await.unwrap().into_body().collect().await.unwrap();
        String::from_utf8(body.to_bytes().into()).unwrap()
    }
}

fn encoded(prometheus: &Prometheus) -> String {
    let mut scrape = String::new();
    prometheus_text::encode(&mut scrape, prometheus).unwrap();
    scrape
}

#[tokio::test]
async fn types_and_helps_are_those_of_the_table() {
    let registry = Registry::new();
    let _stack = stack(&registry);
    let scrape = Scrape::of(&Seen::of(&registry).await.text().await);
    let metrics = metrics_of(&registry);
    for metric in &metrics {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
            other => panic!("unknown: {other:?}"),
        };
        assert_eq!((&*scrape.types[metric.name], &*scrape.helps[metric.name]), (kind, metric.help), "{metric:?}");
    }
    assert_eq!((scrape.types.len(), scrape.helps.len()), (metrics.len(), metrics.len()), "{scrape:?}");
}

#[test]
fn in_open_metrics_a_counter_has_its_suffix_once() {
    let (registry, mut prometheus, mut scrape) = (Registry::new(), Prometheus::default(), String::new());
    let _stack = stack(&registry);
    prometheus.register_collector(Box::new(registry));
    text::encode(&mut scrape, &prometheus).unwrap();
    assert!(scrape.contains("# TYPE palisade_circuit_calls counter\n"), "{scrape}");
    assert!(scrape.contains("\npalisade_circuit_calls_total{"), "{scrape}");
    assert!(!scrape.contains("_total_total") && scrape.ends_with("# EOF\n"), "{scrape}");
}

#[tokio::test]
async fn a_name_of_any_characters_comes_back_as_it_was() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|name| bulkhead(&registry, name));
    let seen = Seen::of(&registry).await.read().await;
    for name in HOSTILE {
        assert_eq!(seen.get(&series("palisade_bulkhead_limit", &[("name", name)])), Some(&1.0), "{seen:?}");
    }
    assert!(seen.keys().all(|(name, _)| name != "palisade_up"), "{seen:?}");
}

#[tokio::test]
async fn two_registries_are_told_apart_by_prefixes() {
    let (one, other, mut prometheus) = (Registry::new(), Registry::new(), Prometheus::default());
    for (prefix, registry) in [("one", &one), ("other", &other)] {
        prometheus.sub_registry_with_prefix(prefix).register_collector(Box::new(registry.clone()));
    }
    let layers = [bulkhead(&one, "seen"), bulkhead(&other, "seen")];
    let _place = layers[1].handle().try_enter().unwrap();
    let seen = Seen::served(prometheus).await.read().await;
    let in_flight = |prefix: &str| seen[&series(&format!("{prefix}_palisade_bulkhead_in_flight"), &[("name", "seen")])];
    assert_eq!((in_flight("one"), in_flight("other")), (0.0, 1.0));
}
