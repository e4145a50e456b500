//! A scrape of the Prometheus recorder of `metrics`, and recorders that hear everything or panic.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use palisade::measure::SpanLayer;
use palisade::registry::MetricKind;
use palisade::{BulkheadLayer, CircuitBreakerLayer, Name, Registry, RetryLayer, TimeoutLayer};

use super::{Export, HOSTILE, Series, Values, bulkhead, metrics_of, names_of, series, stack, values_of};
use crate::text::Scrape;

/// A recorder to which a registry writes before each look.
pub(crate) struct Seen {
    registry: Registry,
    recorder: PrometheusRecorder,
}

impl Export for Seen {
    async fn of(registry: &Registry) -> Self {
        Self { registry: registry.clone(), recorder: PrometheusBuilder::new().build_recorder() }
    }

    async fn read(&self) -> Values {
        Scrape::of(&self.text()).values
    }
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        with_local_recorder(&self.recorder, || self.registry.export());
        self.recorder.handle().render()
    }
}

#[tokio::test]
async fn types_and_helps_are_those_of_the_table() {
    let registry = Registry::new();
    let _stack = stack(&registry);
    let scrape = Scrape::of(&Seen::of(&registry).await.text());
    for metric in metrics_of(&registry) {
        for name in names_of(&metric) {
            let is_counter = ["_total", "_bucket", "_count"].iter().any(|end| name.ends_with(end));
            let kind = if is_counter { "counter" } else { "gauge" };
            assert_eq!((&*scrape.types[&name], &*scrape.helps[&name]), (kind, metric.help));
        }
    }
}

#[tokio::test]
async fn recommended_naming_gives_the_counts_of_times_a_suffix() {
    let registry = Registry::new();
    let _stack = stack(&registry);
    let recorder = PrometheusBuilder::new().with_recommended_naming(true).build_recorder();
    let seen = Seen { registry: registry.clone(), recorder }.read().await;
    let times = seen.into_keys().map(|(name, _)| name).filter(|name| name.starts_with("palisade_call_duration"));
    let names = ["bucket_total", "count_total", "sum"].map(|end| format!("palisade_call_duration_seconds_{end}"));
    assert_eq!(times.collect::<BTreeSet<_>>(), names.into());
}

#[tokio::test]
async fn a_second_export_adds_nothing() {
    let registry = Registry::new();
    let layer = bulkhead(&registry, "seen");
    let _place = layer.handle().try_enter().unwrap();
    layer.handle().try_enter().unwrap_err();
    let seen = Seen::of(&registry).await;
    seen.read().await;
    assert_eq!(seen.read().await, values_of(&registry));
}

#[tokio::test]
async fn gauges_go_to_rest_with_their_last_instance() {
    let registry = Registry::new();
    let seen = Seen::of(&registry).await;
    let circuit = CircuitBreakerLayer::builder("seen").min_calls(2).registry(&registry).build().unwrap();
    (0..2).for_each(|_| circuit.handle().try_enter().unwrap().success());
    let layers =
        (circuit, bulkhead(&registry, "seen"), RetryLayer::builder("seen").registry(&registry).build().unwrap());
    let of = |values: &Values| {
        let gauges = ["circuit_failure_ratio", "bulkhead_limit", "retry_budget_tokens"];
        gauges.map(|gauge| values.get(&series(&format!("palisade_{gauge}"), &[("name", "seen")])).copied())
    };
    assert_eq!(of(&seen.read().await), [Some(0.0), Some(1.0), Some(100.0)]);
    drop(layers);
    assert_eq!(of(&seen.read().await), [None, Some(0.0), None], "what is not a number is left out");
}

/// Spans, a layer that was not built, and a layer that was renamed before anybody looked.
#[tokio::test]
async fn a_name_that_was_not_listed_is_no_series() {
    let registry = Registry::new();
    let seen = Seen::of(&registry).await;
    let _spans = SpanLayer::builder("seen").registry(&registry).build().unwrap();
    BulkheadLayer::builder(1).registry(&registry).per_key(|key: &u32| *key).capacity(0).build().unwrap_err();
    RetryLayer::builder("seen").max_attempts(0).registry(&registry).build().unwrap_err();
    assert_eq!(seen.read().await, Values::new());
    let timeout = TimeoutLayer::new(Duration::ZERO).registry(&registry).name(Name::new("named").unwrap());
    let at_work = seen.read().await;
    let is_named = |(_, labels): &Series| labels.contains(&("name".to_owned(), "named".to_owned()));
    assert!(!at_work.is_empty() && at_work.keys().all(is_named), "{at_work:?}");
    drop(timeout);
    assert_eq!(seen.read().await, at_work, "a recorder cannot forget");
}

/// Hears everything, and panics when it is asked for the series of this number.
struct Hears {
    labels: Mutex<Vec<String>>,
    described: Mutex<Vec<(String, Option<Unit>, String)>>,
    series: AtomicUsize,
    panics_at: usize,
}

impl Hears {
    fn until(panics_at: usize) -> Self {
        let (labels, described, series) = Default::default();
        Self { labels, described, series, panics_at }
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        self.described.lock().unwrap().push((name.as_str().to_owned(), unit, help.to_string()));
    }

    fn register(&self, key: &Key) {
        assert!(self.series.fetch_add(1, Ordering::SeqCst) < self.panics_at, "by plan");
        self.labels.lock().unwrap().extend(key.labels().map(|label| label.value().to_owned()));
    }
}

impl Recorder for Hears {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.register(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.register(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.register(key);
        Histogram::noop()
    }
}

#[test]
fn each_metric_is_described_with_its_unit() {
    let registry = Registry::new();
    let _stack = stack(&registry);
    let recorder = Hears::until(usize::MAX);
    with_local_recorder(&recorder, || registry.export());
    let described = recorder.described.into_inner().unwrap();
    for metric in registry.metrics() {
        let count = Some(Unit::Count);
        let units = match metric.kind {
            MetricKind::Histogram => vec![("_bucket", count), ("_count", count), ("_sum", Some(Unit::Seconds))],
            _ if metric.name.ends_with("_ratio") || metric.name.ends_with("_saturation") => vec![("", None)],
            _ => vec![("", count)],
        };
        for (end, unit) in units {
            let told = (format!("{}{end}", metric.name), unit, metric.help.to_owned());
            assert!(described.contains(&told), "{told:?}");
        }
    }
}

#[test]
fn a_recorder_gets_a_name_as_it_is() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|name| bulkhead(&registry, name));
    let recorder = Hears::until(usize::MAX);
    with_local_recorder(&recorder, || registry.export());
    let labels = recorder.labels.into_inner().unwrap();
    assert!(HOSTILE.iter().all(|name| labels.iter().any(|label| label == name)), "{labels:?}");
}

/// It drops some of the backslashes, and keeps each name within its quotes.
#[tokio::test]
async fn a_hostile_name_makes_no_line_of_its_own() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|name| bulkhead(&registry, name));
    let seen = Seen::of(&registry).await.read().await;
    assert!(
        seen.keys().all(|(name, labels)| name != "palisade_up" && labels.iter().any(|label| label.0 == "name")),
        "{seen:?}"
    );
    assert_eq!(seen.keys().filter(|(name, _)| name == "palisade_bulkhead_limit").count(), HOSTILE.len(), "{seen:?}");
}

#[tokio::test]
async fn a_recorder_that_panics_does_no_harm_to_the_registry() {
    let registry = Registry::new();
    let layer = bulkhead(&registry, "seen");
    for panics_at in 0..3 {
        let export = || with_local_recorder(&Hears::until(panics_at), || registry.export());
        catch_unwind(AssertUnwindSafe(export)).unwrap_err();
        drop(layer.handle().try_enter().unwrap());
    }
    assert_eq!(Seen::of(&registry).await.read().await, values_of(&registry));
}
