//! A registry is observed by the meters of `opentelemetry`.

use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter};
use parking_lot::Mutex;

use super::le;
use crate::registry::list::Registry;
use crate::registry::metrics::Metric;
use crate::registry::reading::Reading;
use crate::registry::sample::{MetricKind, Sample};

impl Registry {
    /// Makes observable instruments on a meter, which read all metrics when the meter's reader collects.
    ///
    /// The instruments have the names of the [table](Metric), and stay for as long as the meter's provider. Two registries have the
    /// same names, so give each a meter of its own.
    ///
    /// OpenTelemetry has no observable histogram: its histograms take each call by itself. So a histogram of times is the counters
    /// `_bucket`, with the attribute `le`, `_count`, and `_sum`, in seconds. By the specification "Prometheus and `OpenMetrics`
    /// Compatibility" of OpenTelemetry, what hands them on to Prometheus appends `_total` to the name of each counter that has no such
    /// end. There they are `palisade_call_duration_seconds_bucket_total`, `_count_total` and `_sum_total`, and
    /// `histogram_quantile` works on them under these names. Prometheus itself leaves the names as they are where its
    /// `otlp.translation_strategy` is `UnderscoreEscapingWithoutSuffixes`.
    ///
    /// The SDK keeps 2,000 sets of attributes for an instrument, and adds up all others. A name of circuits has 39 transitions, and one
    /// of measures 168 buckets. So with more than 51 names of circuits, or 11 of measures, let a view of your provider set
    /// `with_cardinality_limit`.
    ///
    /// # Examples
    ///
    /// ```
    /// use opentelemetry::metrics::MeterProvider;
    /// use opentelemetry_sdk::metrics::SdkMeterProvider;
    /// use palisade::{BulkheadLayer, Registry};
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let provider = SdkMeterProvider::builder() // with a reader for your exporter
    ///     .build();
    /// Registry::global().register(&provider.meter("palisade"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn register(&self, meter: &Meter) {
        let look = Arc::new(Mutex::new(Look { registry: self.clone(), metrics: Vec::new(), shown: Vec::new() }));
        self.metrics().iter().for_each(|metric| register(&look, meter, metric));
    }
}

fn register(look: &Arc<Mutex<Look>>, meter: &Meter, metric: &Metric) {
    let Metric { name, help, .. } = *metric;
    let counter = |part, read| {
        let counter = meter.u64_observable_counter(format!("{name}{part}")).with_description(help);
        counter.with_callback(observe(look, (name, part), read)).build();
    };
    match metric.kind {
        MetricKind::Counter => counter("", count),
        MetricKind::Gauge => {
            let gauge = meter.f64_observable_gauge(name).with_description(help);
            gauge.with_callback(observe(look, (name, ""), level)).build();
        }
        MetricKind::Histogram => {
            counter("_bucket", buckets);
            counter("_count", calls);
            let sum = meter.f64_observable_counter(format!("{name}_sum")).with_description(help).with_unit("s");
            sum.with_callback(observe(look, (name, "_sum"), seconds)).build();
        }
    }
}

/// One look at a registry, which all instruments of a meter show in a collection.
struct Look {
    registry: Registry,
    metrics: Vec<Metric>,
    /// The instruments that have shown it.
    shown: Vec<Instrument>,
}

/// The name of a metric, and which part of it an instrument shows.
type Instrument = (&'static str, &'static str);

impl Look {
    /// The samples for an instrument. Where it has shown them before, another collection has begun.
    fn samples(&mut self, instrument: Instrument) -> impl Iterator<Item = &Sample> {
        if self.shown.is_empty() || self.shown.contains(&instrument) {
            self.metrics = self.registry.metrics();
            self.shown.clear();
        }
        self.shown.push(instrument);
        self.metrics.iter().filter(move |metric| metric.name == instrument.0).flat_map(|metric| &metric.samples)
    }
}

/// Observes what is read in each sample.
fn observe<T>(
    look: &Arc<Mutex<Look>>,
    instrument: Instrument,
    read: Read<T>,
) -> impl Fn(&dyn AsyncInstrument<T>) + Send + Sync + use<T> {
    let look = Arc::clone(look);
    move |observer| {
        for sample in look.lock().samples(instrument) {
            for (value, le) in read(&sample.value) {
                let own = sample.labels.iter().map(|(label, value)| KeyValue::new(*label, *value));
                let attributes: Vec<_> = own.chain(le.map(|le| KeyValue::new("le", le))).collect();
                observer.observe(value, &attributes);
            }
        }
    }
}

/// Finds what an instrument shows of a value: for buckets many, each with its `le`.
type Read<T> = fn(&Reading) -> Vec<(T, Option<String>)>;

fn count(reading: &Reading) -> Vec<(u64, Option<String>)> {
    if let Reading::Count(count) = reading { vec![(*count, None)] } else { Vec::new() }
}

fn level(reading: &Reading) -> Vec<(f64, Option<String>)> {
    if let Reading::Level(level) = reading { vec![(*level, None)] } else { Vec::new() }
}

pub(super) fn buckets(reading: &Reading) -> Vec<(u64, Option<String>)> {
    let Reading::Histogram(times) = reading else { return Vec::new() };
    times.buckets.iter().map(|bucket| (bucket.count, Some(le(bucket)))).collect()
}

pub(super) fn calls(reading: &Reading) -> Vec<(u64, Option<String>)> {
    if let Reading::Histogram(times) = reading { vec![(times.count(), None)] } else { Vec::new() }
}

pub(super) fn seconds(reading: &Reading) -> Vec<(f64, Option<String>)> {
    if let Reading::Histogram(times) = reading { vec![(times.sum.as_secs_f64(), None)] } else { Vec::new() }
}
