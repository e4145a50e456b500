//! Ejects those whose success rate is far below that of the others, as Envoy's outlier detection does.
//!
//! The mean and the deviation are those of the population: of all members that are not ejected and have enough calls, the judged ones
//! included. With the deviation of a sample, the worst of five could never be far enough below.

use super::Roster;
use super::change::{Changes, Entry, Reason};
use super::member::Member;
use crate::state::counts::Counts;
use crate::sync::Arc;
use crate::time::Nanos;

/// How many members are compared, at least.
pub(super) const MIN_MEMBERS: u64 = 5;

/// How many calls each of them has had in the window, at least.
const MIN_CALLS: u64 = 100;

/// How many deviations below the mean is too far.
const DEVIATIONS: f64 = 1.9;

impl Roster {
    /// Counts a result in the window, and compares all if it is time.
    pub(super) fn count_rate(&self, member: &Member, entry: Entry, failed: bool, now: Nanos, changes: &mut Changes) {
        member.results.record(entry.generation(), failed, now);
        if self.compare.try_take(now) {
            self.compare(now, changes);
        }
    }

    #[cold]
    fn compare(&self, now: Nanos, changes: &mut Changes) {
        let mut locked = self.locked.lock();
        let members = Arc::clone(&locked.members);
        let in_question = members.iter().filter(|member| !member.is_ejected());
        let rates: Vec<_> = in_question
            .filter_map(|member| Some((rate(&member.results.counts(member.word().generation(), now))?, member)))
            .collect();
        let Some(threshold) = threshold(rates.iter().map(|(rate, _)| *rate), self.rules.min_gap) else { return };
        let mut worst: Vec<_> = rates.into_iter().filter(|(rate, _)| threshold.is_above(*rate)).collect();
        worst.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        for (_, member) in &worst {
            self.eject(&locked, member, Reason::SuccessRate, now, changes);
        }
        if !worst.is_empty() {
            self.refresh(&mut locked, now, changes);
        }
    }
}

/// The share of successes, if there are enough calls.
fn rate(counts: &Counts) -> Option<f64> {
    counts.failure_rate(MIN_CALLS).map(|failures| 1.0 - failures)
}

/// Below what a success rate is too low.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) min_gap: f64,
}

impl Threshold {
    pub(crate) fn is_above(&self, rate: f64) -> bool {
        rate < self.mean - DEVIATIONS * self.deviation && self.mean - rate >= self.min_gap
    }
}

/// The threshold of these rates, if they are enough.
#[expect(clippy::cast_precision_loss, reason = "members are few")]
pub(crate) fn threshold(rates: impl Iterator<Item = f64> + Clone, min_gap: f64) -> Option<Threshold> {
    let count = rates.clone().count();
    if (count as u64) < MIN_MEMBERS {
        return None;
    }
    let mean = rates.clone().sum::<f64>() / count as f64;
    let variance = rates.map(|rate| (rate - mean).powi(2)).sum::<f64>() / count as f64;
    Some(Threshold { mean, deviation: variance.sqrt(), min_gap })
}
