//! The value of a sample.

use std::time::Duration;

pub use crate::state::histogram::Bucket;

/// The value of a sample, by the kind of its metric.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reading {
    /// Of a counter.
    Count(u64),
    /// Of a gauge.
    Level(f64),
    /// Of a histogram.
    Histogram(Histogram),
}

/// How long calls took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// The buckets, from the shortest to the one without a limit. Each also counts the calls of those before it.
    pub buckets: Vec<Bucket>,
    /// The sum of the times of all calls.
    pub sum: Duration,
    /// Calls that stand for those of their buckets, where requests have [traces](crate::MeasureBuilder::exemplar): at most one for
    /// each bucket. No export shows them, because none can: the encoder of `prometheus-client` 0.26 takes no exemplars but those that
    /// a histogram of its own has kept, and `metrics` and the observable instruments of OpenTelemetry have none.
    pub exemplars: Vec<Exemplar>,
}

/// A call that stands for those of its bucket: the last one that had a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exemplar {
    /// The id of its trace. As `format!("{trace:032x}")` it is the `trace-id` of W3C Trace Context.
    pub trace: u128,
    /// How long it took.
    pub took: Duration,
}

impl Histogram {
    /// How many calls there were.
    pub fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |bucket| bucket.count)
    }
}

impl Exemplar {
    pub(crate) const fn new(trace: u128, took: Duration) -> Self {
        Self { trace, took }
    }
}
