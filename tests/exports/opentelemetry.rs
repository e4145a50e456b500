//! A reader of the OpenTelemetry SDK.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics, Sum};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};
use palisade::{CircuitBreakerLayer, MeasureLayer, Registry};

use super::{Export, HOSTILE, Values, bulkhead, metrics_of, names_of, series, stack, values_of};

/// A meter's provider, and its reader.
pub(crate) struct Seen {
    reader: Reader,
    _provider: SdkMeterProvider,
}

impl Export for Seen {
    async fn of(registry: &Registry) -> Self {
        let reader = Reader::default();
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        registry.register(&provider.meter("palisade"));
        Self { reader, _provider: provider }
    }

    async fn read(&self) -> Values {
        metrics_in(&self.collected()).flat_map(values).collect()
    }
}

impl Seen {
    fn collected(&self) -> ResourceMetrics {
        let mut collected = ResourceMetrics::default();
        self.reader.collect(&mut collected).unwrap();
        collected
    }
}

fn metrics_in(collected: &ResourceMetrics) -> impl Iterator<Item = &Metric> {
    collected.scope_metrics().flat_map(ScopeMetrics::metrics)
}

#[expect(clippy::cast_precision_loss, reason = "no test counts so far")]
fn values(metric: &Metric) -> Values {
    let of = |attributes: Vec<&KeyValue>, value: f64| {
        let labels: Vec<_> =
            attributes.iter().map(|attribute| (attribute.key.as_str(), attribute.value.as_str())).collect();
        let labels: Vec<_> = labels.iter().map(|(label, value)| (*label, &**value)).collect();
        (series(metric.name(), &labels), value)
    };
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            assert!(is_counter(sum), "{sum:?}");
            sum.data_points().map(|point| of(point.attributes().collect(), point.value() as f64)).collect()
        }
        AggregatedMetrics::F64(MetricData::Sum(sum)) => {
            assert!(is_counter(sum), "{sum:?}");
            sum.data_points().map(|point| of(point.attributes().collect(), point.value())).collect()
        }
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
            gauge.data_points().map(|point| of(point.attributes().collect(), point.value())).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Whether it only grows, and each value is the whole of it.
fn is_counter<T>(sum: &Sum<T>) -> bool {
    sum.is_monotonic() && sum.temporality() == Temporality::Cumulative
}

/// A reader that its owner keeps.
#[derive(Clone, Debug, Default)]
struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

#[tokio::test]
async fn each_instrument_is_described() {
    let registry = Registry::new();
    let _stack = stack(&registry);
    let collected = Seen::of(&registry).await.collected();
    let helps: Vec<_> =
        metrics_in(&collected).map(|metric| (metric.name().to_owned(), metric.description().to_owned())).collect();
    let expected = metrics_of(&registry)
        .into_iter()
        .flat_map(|metric| names_of(&metric).into_iter().map(move |name| (name, metric.help.to_owned())));
    assert_eq!(helps, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_gauge_goes_with_its_last_instance() {
    let registry = Registry::new();
    let seen = Seen::of(&registry).await;
    let layer = bulkhead(&registry, "seen");
    assert_eq!(seen.read().await, values_of(&registry));
    drop(layer);
    assert_eq!(seen.read().await, Values::new());
}

#[tokio::test]
async fn an_attribute_is_a_name_as_it_is() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|name| bulkhead(&registry, name));
    assert_eq!(Seen::of(&registry).await.read().await, values_of(&registry));
}

/// A row for each kind whose names have many samples: how many names the page says are kept apart.
macro_rules! kept_apart {
    ($($name:ident: $layer:ident, $names:literal;)+) => {$(
        #[tokio::test]
        async fn $name() {
            let registry = Registry::new();
            let layer = |number| $layer::builder(format!("seen {number}")).registry(&registry).build().unwrap();
            let mut layers: Vec<_> = (0..$names).map(layer).collect();
            let seen = Seen::of(&registry).await;
            assert_eq!(seen.read().await, values_of(&registry));
            layers.push(layer($names));
            assert_ne!(seen.read().await, values_of(&registry));
        }
    )+};
}

kept_apart! {
    the_sdk_keeps_51_names_of_circuits_apart: CircuitBreakerLayer, 51;
    the_sdk_keeps_11_names_of_measures_apart: MeasureLayer, 11;
}
