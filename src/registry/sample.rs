//! A value of a metric, with its labels.

use super::cells::{At, Cells};
use super::reading::Reading;
use super::row::Row;

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows, for as long as the process lives.
    Counter,
    /// It goes up and down, and is there as long as there are instances.
    Gauge,
    /// It sorts times into buckets, and only grows.
    Histogram,
}

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The names and the values of its labels. The value of `name` is the name of the instances, and may have any character; all others
    /// are words.
    pub labels: Vec<(&'static str, &'static str)>,
    /// The value.
    pub value: Reading,
}

/// The samples of one name. Where cells leave out their last label, it is the kind.
pub(super) fn samples(
    row: &Row,
    labels: &[&'static str],
    cells: &Cells,
    value: impl Fn(&Row, At) -> Option<Reading>,
) -> Vec<Sample> {
    let sample = |(at, values): &(At, Vec<&'static str>)| {
        let values = values.iter().copied().chain([row.kind().as_str()]);
        let own = labels.iter().copied().zip(values);
        let labels = [("name", row.name().as_str())].into_iter().chain(own).collect();
        Some(Sample { labels, value: value(row, *at)? })
    };
    cells.iter().filter_map(sample).collect()
}
