//! When a circuit opens, and what its probes decide.
//!
//! Exact. A rate is compared as the quotient of two integers, correctly rounded, so that 3 of 10 reaches a rate of 0.3.

use crate::backoff::Backoff;
use crate::outcome::Outcome;
use crate::state::circuit::Reason;
use crate::state::counts::{Counts, share};
use crate::time::Nanos;

/// What the probes of a half-open circuit have decided so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    Undecided,
    Passed,
    Failed(Reason),
}

/// The settings of a circuit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) failure_rate: Option<f64>,
    pub(crate) slow_rate: Option<(f64, Nanos)>,
    pub(crate) consecutive: Option<u32>,
    pub(crate) min_calls: u64,
    pub(crate) probes: u32,
    pub(crate) half_open_for: Nanos,
    pub(crate) open_for: Backoff,
    /// The longest pause that a throttled response may ask for.
    pub(crate) max_retry_after: Nanos,
}

impl Rules {
    /// How long the circuit stays open at least when this result opens it.
    pub(crate) fn min_open_for(&self, outcome: Outcome) -> Nanos {
        match outcome {
            Outcome::Throttled { retry_after: Some(asked) } => Nanos::from(asked).min(self.max_retry_after),
            _ => Nanos(0),
        }
    }

    /// How long after it was let through a probe that streams is a success.
    pub(crate) const fn streaming_grace(&self) -> Nanos {
        Nanos(self.half_open_for.0 / 2)
    }

    /// Why these results open a closed circuit, if they do.
    pub(crate) fn trip(&self, counts: &Counts) -> Option<Reason> {
        let reached = |count, rate| counts.calls >= self.min_calls && share(count, counts.calls) >= rate;
        if self.consecutive.is_some_and(|threshold| counts.consecutive >= threshold) {
            Some(Reason::Consecutive)
        } else if self.failure_rate.is_some_and(|rate| reached(counts.failures, rate)) {
            Some(Reason::FailureRate)
        } else if self.slow_rate.is_some_and(|(rate, _)| reached(counts.slow, rate)) {
            Some(Reason::SlowRate)
        } else {
            None
        }
    }

    /// What these results of probes decide: a rule fails the trial as soon as its count is reached, and the trial is
    /// passed as soon as no rule can reach its own any more.
    pub(crate) fn judge(&self, counts: &Counts) -> Trial {
        let probes = u64::from(self.probes);
        let left = probes - counts.calls;
        let rules = [
            (Reason::Consecutive, self.consecutive.map(|_| share(1, probes)), counts.failures),
            (Reason::FailureRate, self.failure_rate, counts.failures),
            (Reason::SlowRate, self.slow_rate.map(|(rate, _)| rate), counts.slow),
        ];
        let mut trial = Trial::Passed;
        for (reason, rate, count) in rules {
            let reached = |count| rate.is_some_and(|rate| share(count, probes) >= rate);
            if reached(count) {
                return Trial::Failed(reason);
            }
            if reached(count + left) {
                trial = Trial::Undecided;
            }
        }
        trial
    }
}
