//! Which pictures there are: a row each, with a picture for each policy on the same axes.

use super::axis::Axis;
use super::bin::Bin;
use super::chart::{Layer, Shape};
use super::color::{Color, DEGRADED, FAILED, GOOD, INK, LINE, QUIET, SECOND};
use super::words::{count, ratio, share, time};
use crate::played::{Played, Second};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    /// The later over the earlier. One that no policy has is left out, and so is a row without any.
    pub(crate) series: &'static [Series],
    /// Shows all of these values.
    pub(crate) axis: fn(&[f64]) -> Axis,
    /// The phases of the circuit are a band below each picture.
    pub(crate) has_circuit: bool,
    /// What a picture shows, in numbers.
    pub(crate) says: fn(&Played) -> String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) color: Color,
    pub(crate) shape: Shape,
    pub(crate) value: fn(&Bin) -> Option<f64>,
}

impl Series {
    /// A step for each bin, and a gap where it has no value.
    pub(crate) fn layers(&self, bins: &[Bin]) -> Vec<Layer> {
        let Self { color, shape, value, .. } = *self;
        let mut layers: Vec<Layer> = Vec::new();
        for (bin, height) in bins.iter().filter_map(|bin| value(bin).map(|height| (bin, height))) {
            let step = [(bin.from, height), (bin.to, height)];
            match layers.last_mut() {
                Some(last) if last.end() == Some(bin.from) => last.points.extend(step),
                _ => layers.push(Layer { color, shape, points: step.to_vec() }),
            }
        }
        layers
    }
}

const fn area(name: &'static str, color: Color, value: fn(&Bin) -> Option<f64>) -> Series {
    Series { name, color, shape: Shape::Area, value }
}

const fn line(name: &'static str, color: Color, value: fn(&Bin) -> Option<f64>) -> Series {
    Series { name, color, shape: Shape::Line(4), value }
}

const fn thin(name: &'static str, color: Color, value: fn(&Bin) -> Option<f64>) -> Series {
    Series { name, color, shape: Shape::Line(2), value }
}

pub(crate) const ROWS: [Row; 6] = [
    Row {
        title: "What callers got",
        unit: "calls a second, by their arrival",
        series: &[
            area("failed", FAILED, |bin| Some(bin.good + bin.degraded + bin.failed)),
            area("degraded", DEGRADED, |bin| Some(bin.good + bin.degraded)),
            area("good", GOOD, |bin| Some(bin.good)),
            thin("fewest good in a second", LINE, |bin| bin.fewest_good),
            thin("arrived", INK, |bin| Some(bin.most_calls)),
        ],
        axis: Axis::amount,
        has_circuit: true,
        says: |Played { totals, .. }| {
            let [good, failed] = [totals.good, totals.failed].map(|part| share(part, totals.calls));
            format!("{good} good, {failed} failed")
        },
    },
    Row {
        title: "Sent to the upstream",
        unit: "calls a second, with retries",
        series: &[thin("arrived", QUIET, |bin| Some(bin.most_calls)), line("sent", LINE, |bin| Some(bin.most_sent))],
        axis: Axis::amount,
        has_circuit: false,
        says: |played| {
            let (sent, most) = (ratio(played.totals.sent, played.totals.calls), most(played, |second| second.sent));
            format!("{sent:.2} a call, at most {most}/s")
        },
    },
    Row {
        title: "In the upstream",
        unit: "calls that it works on or has queued, at the end of each second",
        series: &[line("working and queued", LINE, |bin| Some(bin.most_busy))],
        axis: Axis::amount,
        has_circuit: false,
        says: |played| format!("at most {} at once", most(played, |second| second.busy)),
    },
    Row {
        title: "Latency",
        unit: "of answered calls, by their arrival; each grid line is ten times the one below, and the foot is that or less",
        series: &[line("p99", LINE, |bin| bin.p99), line("p50", SECOND, |bin| bin.p50)],
        axis: Axis::latency,
        has_circuit: false,
        says: |played| format!("p50 {}, p99 {}", time(played.totals.p50), time(played.totals.p99)),
    },
    Row {
        title: "Retry budget",
        unit: "tokens, at the end of each second",
        series: &[line("left", LINE, |bin| bin.budget)],
        axis: Axis::amount,
        has_circuit: false,
        says: |played| {
            let least = played.seconds.iter().filter_map(|second| second.budget).reduce(f64::min);
            least.map_or("no budget".to_owned(), |least| format!("never below {least:.0}"))
        },
    },
    Row {
        title: "Limit",
        unit: "calls that may be in flight, at the end of each second",
        series: &[line("limit", LINE, |bin| bin.limit)],
        axis: Axis::amount,
        has_circuit: false,
        says: |played| {
            let limits = || played.seconds.iter().filter_map(|second| second.limit);
            match limits().min().zip(limits().max()) {
                None => "no limit".to_owned(),
                Some((least, most)) if least == most => count(most),
                Some((least, most)) => format!("{} to {}", count(least), count(most)),
            }
        },
    },
];

fn most(played: &Played, of: fn(&Second) -> u64) -> String {
    count(played.seconds.iter().map(of).max().unwrap_or_default())
}
