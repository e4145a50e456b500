//! A registry collects for `prometheus-client`.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::registry::list::Registry;
use crate::registry::metrics::Metric;
use crate::registry::reading::{Histogram, Reading};
use crate::registry::sample::MetricKind;

/// Shows all metrics, as they are when a scrape comes.
///
/// The names are those of [`Metric`]. Its encoder takes no exemplars of histograms but those that it has kept itself, so they are left
/// out. Two registries have the same names: register each in a sub-registry with a prefix, or serve them apart.
///
/// # Examples
///
/// ```
/// use palisade::{BulkheadLayer, Registry};
/// use prometheus_client::encoding::prometheus_text;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut prometheus = prometheus_client::registry::Registry::default();
/// prometheus.register_collector(Box::new(Registry::global()));
///
/// let layer = BulkheadLayer::builder(8).build()?;
/// let mut scrape = String::new();
/// prometheus_text::encode(&mut scrape, &prometheus)?;
/// assert!(scrape.contains("palisade_bulkhead_limit{name=\"bulkhead\"} 8"));
/// # drop(layer);
/// # Ok(())
/// # }
/// ```
impl Collector for Registry {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.metrics().iter().try_for_each(|metric| encode(metric, &mut encoder))
    }
}

pub(super) fn encode(metric: &Metric, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    if metric.samples.is_empty() {
        return Ok(());
    }
    let (name, unit) = name_and_unit(metric);
    let mut encoder = encoder.encode_descriptor(name, metric.help, unit, kind(metric.kind))?;
    metric.samples.iter().try_for_each(|sample| {
        let mut encoder = encoder.encode_family(&sample.labels)?;
        match &sample.value {
            Reading::Count(count) => encoder.encode_counter::<NoLabelSet, _, u64>(count, None),
            Reading::Level(level) => encoder.encode_gauge(level),
            Reading::Histogram(times) => {
                encoder.encode_histogram::<NoLabelSet>(times.sum.as_secs_f64(), times.count(), &buckets(times), None)
            }
        }
    })
}

/// The encoder adds the suffix of a counter, and that of a unit.
fn name_and_unit(metric: &Metric) -> (&'static str, Option<&'static Unit>) {
    let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
    name.strip_suffix("_seconds").map_or((name, None), |name| (name, Some(&Unit::Seconds)))
}

fn kind(kind: MetricKind) -> MetricType {
    match kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
    }
}

/// The longest time of each bucket in seconds, and how many calls it has without those before.
fn buckets(times: &Histogram) -> Vec<(f64, u64)> {
    let mut before = 0;
    let buckets = times.buckets.iter().map(|bucket| {
        let own = bucket.count.saturating_sub(before);
        before = bucket.count;
        (bucket.le.map_or(f64::INFINITY, |le| le.as_secs_f64()), own)
    });
    buckets.collect()
}
