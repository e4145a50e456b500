//! The formula.

use crate::state::counts::Counts;

/// The settings of the formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    /// How many requests there may be for each that is accepted. It is finite and at least 1.
    pub(crate) k: f64,
    /// The greatest probability, more than 0 and less than 1.
    pub(crate) max_rejection: f64,
}

/// The calls of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) requests: u64,
    /// Those of them that the service took.
    pub(crate) accepts: u64,
}

impl From<Counts> for Asked {
    fn from(counts: Counts) -> Self {
        let accepts = counts.unthrottled().saturating_sub(counts.failures);
        Self { requests: counts.calls, accepts }
    }
}

impl Rules {
    /// How likely a call is rejected after these.
    #[expect(clippy::cast_precision_loss, reason = "a window holds fewer than 2^52 calls")]
    pub(crate) fn probability(self, asked: Asked) -> f64 {
        let (requests, accepts) = (asked.requests as f64, asked.accepts as f64);
        let share = (requests - self.k * accepts) / (requests + 1.0);
        share.clamp(0.0, self.max_rejection)
    }
}
