//! A registry writes to the recorder of `metrics`.

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, gauge};

use super::le;
use crate::registry::cells::At;
use crate::registry::list::Registry;
use crate::registry::metrics::{Metric, of};
use crate::registry::reading::{Histogram, Reading};
use crate::registry::sample::{MetricKind, Sample};

impl Registry {
    /// Writes all metrics, as they are now, to the recorder of the crate `metrics`.
    ///
    /// Nothing is written by itself. So call it where the recorder's upkeep is done, or before each scrape. It writes to the recorder
    /// of the thread or else of the process; two registries have the same names, so give each a recorder of its own.
    ///
    /// A recorder cannot be told to forget. So a gauge whose instances are gone is zero, and a ratio or the tokens of budgets are NaN
    /// where [`metrics`](Self::metrics) has none. And it takes histograms call by call alone. So a histogram of times is the counters
    /// `_bucket`, with the label `le`, and `_count`, and the gauge `_sum`, in seconds. Their names and values are those of a histogram, so
    /// `histogram_quantile` and `rate` take them as they are. But their types are not, and `promtool check metrics` says so. Let your
    /// recorder leave names as they are: the Prometheus recorder's `with_recommended_naming` makes `_bucket_total` and `_count_total`.
    ///
    /// # Panics
    ///
    /// When the recorder does. The next call writes everything again.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use metrics_exporter_prometheus::PrometheusBuilder;
    /// use palisade::{BulkheadLayer, Registry};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let recorder = PrometheusBuilder::new().install_recorder()?;
    /// let layer = BulkheadLayer::builder(8).build()?;
    ///
    /// let upkeep = recorder.clone();
    /// tokio::spawn(async move {
    ///     loop {
    ///         Registry::global().export();
    ///         upkeep.run_upkeep();
    ///         tokio::time::sleep(Duration::from_secs(5)).await;
    ///     }
    /// });
    /// # tokio::time::sleep(Duration::from_secs(1)).await;
    /// assert!(recorder.render().contains("palisade_bulkhead_limit{name=\"bulkhead\"} 8"));
    /// # drop(layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn export(&self) {
        let (sums, rows) = self.read();
        of(&rows, &sums, at_rest).iter().for_each(export);
    }
}

/// What a gauge is where it is absent.
fn at_rest(at: At) -> Option<Reading> {
    match at {
        At::Gauge(_) => Some(Reading::Level(0.0)),
        At::Known(_) | At::Share(..) => Some(Reading::Level(f64::NAN)),
        At::Word(_) | At::Words { .. } | At::Times(_) => None,
    }
}

pub(super) fn export(metric: &Metric) {
    let Metric { name, help, .. } = *metric;
    match metric.kind {
        MetricKind::Counter => describe_counter!(name, Unit::Count, help),
        MetricKind::Gauge if name.ends_with("_ratio") || name.ends_with("_saturation") => describe_gauge!(name, help),
        MetricKind::Gauge => describe_gauge!(name, Unit::Count, help),
        MetricKind::Histogram => {
            describe_counter!(format!("{name}_bucket"), Unit::Count, help);
            describe_counter!(format!("{name}_count"), Unit::Count, help);
            describe_gauge!(format!("{name}_sum"), Unit::Seconds, help);
        }
    }
    for sample in &metric.samples {
        match &sample.value {
            Reading::Count(count) => counter!(name, &sample.labels).absolute(*count),
            Reading::Level(level) => gauge!(name, &sample.labels).set(*level),
            Reading::Histogram(times) => export_times(name, sample, times),
        }
    }
}

fn export_times(name: &'static str, sample: &Sample, times: &Histogram) {
    for bucket in &times.buckets {
        let labels = sample.labels.iter().map(Label::from).chain([Label::new("le", le(bucket))]);
        counter!(format!("{name}_bucket"), labels.collect::<Vec<_>>()).absolute(bucket.count);
    }
    counter!(format!("{name}_count"), &sample.labels).absolute(times.count());
    gauge!(format!("{name}_sum"), &sample.labels).set(times.sum.as_secs_f64());
}
