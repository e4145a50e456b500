//! Which pictures there are, a row each, with a picture for each policy on the same axes.

use super::axis::Axis;
use super::bin::{Bin, refusal};
use super::chart::{Layer, Shape};
use super::color::{Color, DEGRADED, FAILED, GOOD, GRID, INK, LINE, QUIET, SECOND};
use super::words::{count, ratio, share, time};
use crate::played::{Played, Second};

/// A policy with the bins of its seconds.
#[derive(Clone, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) played: &'a Played,
    pub(crate) bins: Vec<Bin>,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) title: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) legend: &'static [(Color, &'static str)],
    pub(crate) amounts: Axis,
    pub(crate) layers: fn(&[Bin]) -> Vec<Layer>,
    /// What a picture shows, in numbers.
    pub(crate) says: fn(&Played) -> String,
}

/// The circuit is a band below the pictures of the first row.
pub(crate) const CIRCUIT: &[(Color, &str)] = &[(FAILED, "open"), (DEGRADED, "half-open"), (GRID, "closed")];

pub(crate) fn rows(columns: &[Column<'_>]) -> Vec<Row> {
    let most = |of: fn(&Bin) -> f64| all(columns).map(of).fold(0.0, f64::max);
    let some = |of: fn(&Bin) -> Option<f64>| all(columns).any(|bin| of(bin).is_some());
    let mut rows = vec![
        Row {
            title: "What callers got",
            unit: "calls a second, by their arrival",
            legend: &[(GOOD, "good"), (DEGRADED, "degraded"), (FAILED, "failed"), (INK, "arrived")],
            amounts: Axis::amount(most(|bin| bin.most_calls)),
            layers: answers,
            says: |played| {
                let totals = &played.totals;
                let [good, failed] = [totals.good, totals.failed].map(|part| share(part, totals.calls));
                format!("{good} good, {failed} failed")
            },
        },
        Row {
            title: "Sent to the upstream",
            unit: "calls a second, with retries",
            legend: &[(LINE, "sent"), (QUIET, "arrived")],
            amounts: Axis::amount(most(|bin| bin.most_sent.max(bin.most_calls))),
            layers: |bins| {
                let arrived = lines(bins, QUIET, 2, |bin| Some(bin.most_calls));
                arrived.into_iter().chain(lines(bins, LINE, 4, |bin| Some(bin.most_sent))).collect()
            },
            says: |played| {
                let most = peak(played, |second| second.sent);
                format!("{:.2} sent a call, at most {most} in a second", ratio(played.totals.sent, played.totals.calls))
            },
        },
        Row {
            title: "In the upstream",
            unit: "calls that it works on or has queued, at the end of each second",
            legend: &[(LINE, "working and queued")],
            amounts: Axis::amount(most(|bin| bin.most_busy)),
            layers: |bins| lines(bins, LINE, 4, |bin| Some(bin.most_busy)),
            says: |played| format!("at most {} at once", peak(played, |second| second.busy)),
        },
        Row {
            title: "Latency",
            unit: "of all calls by their arrival, each line a power of ten",
            legend: &[(LINE, "p99"), (SECOND, "p50")],
            amounts: Axis::latency(all(columns).flat_map(|bin| [bin.p50, bin.p99]).flatten()),
            layers: |bins| {
                let slowest = lines(bins, LINE, 4, |bin| bin.p99);
                slowest.into_iter().chain(lines(bins, SECOND, 4, |bin| bin.p50)).collect()
            },
            says: |played| format!("p50 {}, p99 {}", time(played.totals.p50), time(played.totals.p99)),
        },
    ];
    if some(|bin| bin.budget) {
        rows.push(Row {
            title: "Retry budget",
            unit: "tokens at the end of each second",
            legend: &[(LINE, "left")],
            amounts: Axis::amount(most(|bin| bin.budget.unwrap_or_default())),
            layers: |bins| lines(bins, LINE, 4, |bin| bin.budget),
            says: |played| {
                let least = played.seconds.iter().filter_map(|second| second.budget).reduce(f64::min);
                least.map_or("no budget".to_owned(), |least| format!("at least {least:.0} left"))
            },
        });
    }
    if some(|bin| bin.limit) {
        rows.push(Row {
            title: "Limit",
            unit: "calls that may be in flight, at the end of each second",
            legend: &[(LINE, "limit")],
            amounts: Axis::amount(most(|bin| bin.limit.unwrap_or_default())),
            layers: |bins| lines(bins, LINE, 4, |bin| bin.limit),
            says: |played| {
                let limits = || played.seconds.iter().filter_map(|second| second.limit);
                let ends = limits().min().zip(limits().max());
                ends.map_or("no limit".to_owned(), |(least, most)| format!("{} to {}", count(least), count(most)))
            },
        });
    }
    rows
}

fn all<'a>(columns: &'a [Column<'_>]) -> impl Iterator<Item = &'a Bin> + Clone {
    columns.iter().flat_map(|column| &column.bins)
}

fn peak(played: &Played, of: fn(&Second) -> u64) -> String {
    count(played.seconds.iter().map(of).max().unwrap_or_default())
}

/// One on the other: good lowest. The highest is drawn first, and the others over it.
fn answers(bins: &[Bin]) -> Vec<Layer> {
    let area = |color, height: fn(&Bin) -> f64| Layer {
        color,
        shape: Shape::Area,
        points: steps(bins, |bin| Some(height(bin))).concat(),
    };
    let mut layers = vec![
        area(FAILED, |bin| bin.good + bin.degraded + bin.failed),
        area(DEGRADED, |bin| bin.good + bin.degraded),
        area(GOOD, |bin| bin.good),
    ];
    layers.extend(lines(bins, INK, 2, |bin| Some(bin.most_calls)));
    layers
}

/// The phases of the circuit: open is high, half-open half as high, closed a line.
pub(crate) fn circuit(bins: &[Bin]) -> Vec<Layer> {
    let block = |bin: &Bin| {
        let (color, height) = match refusal(bin.phase?) {
            2 => (FAILED, 2.0),
            1 => (DEGRADED, 1.2),
            _ => (GRID, 0.3),
        };
        Some((color, height, bin.from, bin.to))
    };
    let mut layers: Vec<Layer> = Vec::new();
    for (color, height, from, to) in bins.iter().filter_map(block) {
        match layers.last_mut() {
            Some(last) if last.color == color => last.points[1].0 = to,
            _ => layers.push(Layer { color, shape: Shape::Area, points: vec![(from, height), (to, height)] }),
        }
    }
    layers
}

fn lines(bins: &[Bin], color: Color, width: u32, height: impl Fn(&Bin) -> Option<f64>) -> Vec<Layer> {
    let line = |points| Layer { color, shape: Shape::Line(width), points };
    steps(bins, height).into_iter().map(line).collect()
}

/// A step for each bin, and a gap where there is nothing to show.
fn steps(bins: &[Bin], height: impl Fn(&Bin) -> Option<f64>) -> Vec<Vec<(f64, f64)>> {
    let shown: Vec<_> = bins.iter().map(|bin| height(bin).map(|height| [(bin.from, height), (bin.to, height)])).collect();
    shown.split(Option::is_none).filter(|run| !run.is_empty()).map(|run| run.iter().flatten().flatten().copied().collect()).collect()
}
