//! Results, and how many of them.

use crate::outcome::Outcome;

/// Results counted: of a window, or of the probes of a half-open circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Results in all.
    pub calls: u64,
    /// Failures among them. A throttled call is none.
    pub failures: u64,
    /// Throttled calls among them.
    pub throttled: u64,
    /// Slow calls among them, failed or not.
    pub slow: u64,
    /// Failures since the last success, where the rule of consecutive failures is on.
    pub consecutive: u32,
}

impl Counts {
    pub(crate) const NONE: Self = Self { calls: 0, failures: 0, throttled: 0, slow: 0, consecutive: 0 };

    /// These counts and one result more.
    pub(crate) const fn and(self, call: Recorded) -> Self {
        let Recorded { failed, throttled, slow } = call;
        Self {
            calls: self.calls + 1,
            failures: self.failures + failed as u64,
            throttled: self.throttled + throttled as u64,
            slow: self.slow + slow as u64,
            consecutive: match (failed, throttled) {
                (true, _) => self.consecutive + 1,
                (_, true) => self.consecutive,
                _ => 0,
            },
        }
    }

    /// The results by which the failure rate divides: those that are not throttled.
    pub(crate) const fn unthrottled(&self) -> u64 {
        self.calls.saturating_sub(self.throttled)
    }

    /// The share of failures, from `min_calls` results on that are not throttled.
    pub(crate) fn failure_rate(&self, min_calls: u64) -> Option<f64> {
        rate(self.failures, self.unthrottled(), min_calls)
    }

    /// The share of throttled calls, from `min_calls` results on.
    pub(crate) fn throttled_rate(&self, min_calls: u64) -> Option<f64> {
        rate(self.throttled, self.calls, min_calls)
    }

    /// The share of slow calls, from `min_calls` results on.
    pub(crate) fn slow_rate(&self, min_calls: u64) -> Option<f64> {
        rate(self.slow, self.calls, min_calls)
    }
}

fn rate(count: u64, of: u64, min_calls: u64) -> Option<f64> {
    (of >= min_calls).then(|| share(count, of))
}

/// The share of `count` in `calls`.
#[expect(clippy::cast_precision_loss, reason = "a window holds fewer than 2^52 calls")]
pub(crate) fn share(count: u64, calls: u64) -> f64 {
    count as f64 / calls as f64
}

/// A result as a circuit counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) failed: bool,
    pub(crate) throttled: bool,
    /// Whether it took too long.
    pub(crate) slow: bool,
}

impl Recorded {
    #[inline(always)]
    pub(crate) const fn of(outcome: Outcome, slow: bool) -> Self {
        Self {
            failed: matches!(outcome, Outcome::Transient | Outcome::Failed),
            throttled: matches!(outcome, Outcome::Throttled { .. }),
            slow,
        }
    }

    /// Whether a result like this one can raise a rate.
    pub(crate) const fn is_bad(self) -> bool {
        self.failed || self.throttled || self.slow
    }
}
