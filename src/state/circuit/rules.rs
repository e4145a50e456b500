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
    Failed(Trip),
}

/// Why a circuit opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trip {
    /// The first of the rules that were reached.
    pub(crate) reason: Reason,
    /// Whether the rule of throttled calls is among them: then the circuit stays open for as long as the service asked.
    pub(crate) is_throttled: bool,
}

impl Trip {
    fn of(rules: [(Reason, bool); 4]) -> Option<Self> {
        let mut reached = rules.iter().filter(|(_, reached)| *reached).map(|(reason, _)| *reason);
        let is_throttled = reached.clone().any(|reason| reason == Reason::ThrottledRate);
        reached.next().map(|reason| Self { reason, is_throttled })
    }
}

/// The settings of a circuit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) failure_rate: Option<f64>,
    pub(crate) throttled_rate: Option<f64>,
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
    /// How long after its first poll a call that streams is a success.
    pub(crate) const fn streaming_grace(&self) -> Nanos {
        Nanos(self.half_open_for.0 / 2)
    }

    /// Whether these results open a closed circuit. What streams has no result yet, so it does not count towards `min_calls`, but it
    /// is answered: it weighs against what failed meanwhile.
    pub(crate) fn trip(&self, counts: &Counts, streams: u64) -> Option<Trip> {
        let reached = |limit: Option<f64>, count, of| {
            of >= self.min_calls && limit.is_some_and(|limit| share(count, of + streams) >= limit)
        };
        Trip::of([
            (Reason::FailureRate, reached(self.failure_rate, counts.failures, counts.unthrottled())),
            (Reason::ThrottledRate, reached(self.throttled_rate, counts.throttled, counts.calls)),
            (Reason::SlowRate, reached(self.slow_rate.map(|(rate, _)| rate), counts.slow, counts.calls)),
            (Reason::Consecutive, self.consecutive.is_some_and(|most| counts.consecutive >= most)),
        ])
    }

    /// What these results of probes decide: a rule fails the trial as soon as its count is reached, and the trial is
    /// passed as soon as no rule can reach its own any more.
    pub(crate) fn judge(&self, counts: &Counts) -> Trial {
        // Beside a failure rate the first failure is no verdict.
        let first_failure = self.consecutive.filter(|_| self.failure_rate.is_none()).map(|_| 0.0);
        let rules = [
            (Reason::FailureRate, self.failure_rate, counts.failures),
            (Reason::ThrottledRate, self.throttled_rate, counts.throttled),
            (Reason::SlowRate, self.slow_rate.map(|(rate, _)| rate), counts.slow),
            (Reason::Consecutive, first_failure, counts.failures),
        ];
        let probes = u64::from(self.probes);
        let after = |more| {
            let is_reached = |limit, count| count > 0 && share(count, probes) >= limit;
            Trip::of(
                rules
                    .map(|(reason, limit, count)| (reason, limit.is_some_and(|limit| is_reached(limit, count + more)))),
            )
        };
        match (after(0), after(probes.saturating_sub(counts.calls))) {
            (Some(trip), _) => Trial::Failed(trip),
            (None, Some(_)) => Trial::Undecided,
            (None, None) => Trial::Passed,
        }
    }

    /// The longest time for which the circuit may be open.
    #[cfg(any(feature = "serde", test))]
    pub(crate) fn longest_open_for(&self) -> Nanos {
        self.open_for.longest().max(self.max_retry_after)
    }

    /// How long the circuit stays open at least if a result of this outcome opens it.
    pub(crate) fn min_open_for(&self, trip: Trip, outcome: Outcome) -> Nanos {
        match outcome {
            Outcome::Throttled { retry_after: Some(asked) } if trip.is_throttled => {
                Nanos::from(asked).min(self.max_retry_after)
            }
            _ => Nanos(0),
        }
    }
}
