//! A picture has room for so many points. In a long trace each of them stands for several seconds, as a bin.
//!
//! Areas are means, so that they are true to the totals. What is a line is the extreme second of its bin, on the side that hurts:
//! so no peak is lost, however short it was.

use std::time::Duration;

use palisade::Phase;

use super::circuit;
use crate::played::{Played, Second};

/// At most so many bins: so many that those of an hour, with the calls that end after it, are of 15 seconds.
const ROOM: u64 = 250;

/// Widths that an hour, or a day, is a multiple of.
const WIDTHS: [u64; 13] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

#[derive(Clone, Debug)]
pub(crate) struct Bin {
    /// When it begins and ends, in seconds since the trace began.
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// Calls a second, on average.
    pub(crate) good: f64,
    pub(crate) degraded: f64,
    pub(crate) failed: f64,
    /// The fewest in one second, where there are several.
    pub(crate) fewest_good: Option<f64>,
    /// The most in one second.
    pub(crate) most_calls: f64,
    pub(crate) most_sent: f64,
    pub(crate) most_busy: f64,
    /// The longest of its seconds in which calls were answered.
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    /// The phase of the circuit that let the fewest calls pass.
    pub(crate) phase: Option<Phase>,
    /// The lowest.
    pub(crate) budget: Option<f64>,
    pub(crate) limit: Option<f64>,
}

/// How many seconds a bin of such a trace has.
pub(crate) fn width(seconds: u64) -> u64 {
    let needed = seconds.div_ceil(ROOM).max(1);
    WIDTHS.into_iter().find(|width| *width >= needed).unwrap_or(needed)
}

pub(crate) fn bins(played: &Played, width: u64) -> Vec<Bin> {
    let many = usize::try_from(width).unwrap_or(usize::MAX);
    let begins = (0..).step_by(many);
    begins.zip(played.seconds.chunks(many)).map(|(from, seconds)| Bin::of(from, seconds, &played.phases)).collect()
}

impl Bin {
    fn of(from: u64, seconds: &[Second], phases: &[(Duration, Phase)]) -> Self {
        let to = from + seconds.len() as u64;
        let many = number(to - from);
        let mean = |of: fn(&Second) -> u64| seconds.iter().map(|second| number(of(second))).sum::<f64>() / many;
        let most = |of: fn(&Second) -> u64| seconds.iter().map(|second| number(of(second))).fold(0.0, f64::max);
        let longest = |of: fn(&Second) -> Duration| {
            let answered = seconds.iter().filter(|second| second.good + second.degraded > 0);
            answered.map(|second| of(second).as_secs_f64()).reduce(f64::max)
        };
        Self {
            from: number(from),
            to: number(to),
            good: mean(|second| second.good),
            degraded: mean(|second| second.degraded),
            failed: mean(|second| second.failed),
            most_calls: most(|second| second.calls),
            fewest_good: seconds
                .iter()
                .map(|second| number(second.good))
                .reduce(f64::min)
                .filter(|_| seconds.len() > 1),
            most_sent: most(|second| second.sent),
            most_busy: most(|second| second.busy),
            p50: longest(|second| second.p50),
            p99: longest(|second| second.p99),
            phase: circuit::worst(phases, Duration::from_secs(from), Duration::from_secs(to)),
            budget: seconds.iter().filter_map(|second| second.budget).reduce(f64::min),
            limit: seconds.iter().filter_map(|second| second.limit).map(number).reduce(f64::min),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls and of seconds are far below 2^52")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
