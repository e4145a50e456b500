//! Results, and how many of them.

use crate::outcome::Outcome;

/// Results counted: of a window, or of the probes of a half-open circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Results in all.
    pub calls: u64,
    /// Failures among them, throttled calls too.
    pub failures: u64,
    /// Slow calls among them, failed or not.
    pub slow: u64,
    /// Failures since the last success, where the rule of consecutive failures is on.
    pub consecutive: u32,
}

impl Counts {
    pub(crate) const NONE: Self = Self { calls: 0, failures: 0, slow: 0, consecutive: 0 };

    /// These counts and one result more.
    pub(crate) const fn and(self, call: Recorded) -> Self {
        let failed = call.outcome.is_failure();
        Self {
            calls: self.calls + 1,
            failures: self.failures + failed as u64,
            slow: self.slow + call.slow as u64,
            consecutive: if failed { self.consecutive + 1 } else { 0 },
        }
    }
}

/// The share of `count` in `calls`.
#[expect(clippy::cast_precision_loss, reason = "a window holds fewer than 2^52 calls")]
pub(crate) fn share(count: u64, calls: u64) -> f64 {
    count as f64 / calls as f64
}

/// A result as a circuit counts it: what it means, and whether it took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) outcome: Outcome,
    pub(crate) slow: bool,
}

impl Recorded {
    /// Whether a result like this one can raise a rate.
    pub(crate) const fn is_bad(self) -> bool {
        self.outcome.is_failure() || self.slow
    }
}
