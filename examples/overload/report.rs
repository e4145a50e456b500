//! The report: a row each second, a line for each server at the end, and whether the layers helped.

use std::fmt;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::load::{Ended, Log};

/// What became of calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    name: &'static str,
    sent: u32,
    pub(crate) good: u32,
    critical: u32,
    good_critical: u32,
    /// Of the critical calls that were good, by nearest rank.
    pub(crate) p99: Duration,
}

impl Report {
    pub(crate) fn of(name: &'static str, calls: &[Ended]) -> Self {
        let critical = || calls.iter().filter(|call| call.is_critical);
        let mut latencies: Vec<_> = critical().filter(|call| call.is_good).map(|call| call.latency).collect();
        latencies.sort_unstable();
        let rank = (latencies.len() * 99).div_ceil(100);
        Self {
            name,
            sent: count(calls.iter()),
            good: count(calls.iter().filter(|call| call.is_good)),
            critical: count(critical()),
            good_critical: count(latencies.iter()),
            p99: rank.checked_sub(1).map_or(Duration::ZERO, |last| latencies[last]),
        }
    }

    fn good_critical(&self) -> f64 {
        100.0 * f64::from(self.good_critical) / f64::from(self.critical.max(1))
    }
}

fn count<T>(calls: impl Iterator<Item = T>) -> u32 {
    calls.map(|_| 1).sum()
}

/// The line at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sent, good, p99, .. } = self;
        let (good_critical, p99) = (self.good_critical(), p99.as_millis());
        write!(f, "{name:<9} sent={sent} good={good} good_critical={good_critical:.2}% p99_ms={p99}")
    }
}

/// Prints a row each second, of the calls that ended in it. It never ends.
pub(crate) async fn print_rows(name: &'static str, log: &Log) {
    println!();
    println!("{name:<9}  ended   good  critical   good  their p99, ms");
    let (mut seconds, mut printed) = (interval(Duration::from_secs(1)), 0);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    seconds.tick().await;
    for second in 1.. {
        seconds.tick().await;
        let ended = log.lock()[printed..].to_vec();
        printed += ended.len();
        let Report { sent, good, critical, good_critical, p99, .. } = Report::of(name, &ended);
        println!("{second:>7} s {sent:>7} {good:>6} {critical:>9} {good_critical:>6} {:>14}", p99.as_millis());
    }
}

/// What must hold and does not.
pub(crate) fn broken(idle: &Report, capacity: f64, [bare, _, adaptive]: &[Report; 3]) -> Vec<&'static str> {
    let conditions = [
        (adaptive.good_critical() > 99.0, "of the critical calls, more than 99 % are good"),
        (adaptive.p99 < 2 * idle.p99, "their p99 is below twice that of an idle server"),
        (f64::from(adaptive.good) >= 0.9 * capacity, "the good calls are at least 0.9 of what the workers can do"),
        (f64::from(bare.good) < 0.5 * capacity, "the bare server collapses, to less than half of it"),
    ];
    conditions.into_iter().filter(|(holds, _)| !holds).map(|(_, condition)| condition).collect()
}
