//! How many calls meet a fault, as time goes by.

use std::fmt;
use std::time::Duration;

use crate::error::ConfigError;
use crate::time::Nanos;

/// The share of calls that meet a fault, from 0 to 1: a number, or one that changes with the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRate {
    from: f64,
    to: f64,
    over: Duration,
}

impl FaultRate {
    /// Goes evenly from one share to another in this time after the faults have started, and stays there.
    pub const fn ramp(from: f64, to: f64, over: Duration) -> Self {
        Self { from, to, over }
    }

    /// How long it changes.
    pub(crate) fn over(self) -> Nanos {
        self.over.into()
    }

    #[expect(clippy::cast_precision_loss, reason = "what is lost is far less than a call")]
    pub(crate) fn at(self, since: Nanos) -> f64 {
        let over = self.over();
        if since >= over {
            return self.to;
        }
        (self.to - self.from).mul_add(since.0 as f64 / over.0 as f64, self.from)
    }

    /// Says that both ends must be shares, unless they are.
    pub(crate) fn check(self, setting: &'static str) -> Result<(), ConfigError> {
        let is_share = |share| (0.0..=1.0).contains(&share);
        ConfigError::unless(is_share(self.from) && is_share(self.to), setting, self, "0 to 1")
    }
}

impl From<f64> for FaultRate {
    fn from(share: f64) -> Self {
        Self::ramp(share, share, Duration::ZERO)
    }
}

/// `0.1`, or `0 to 0.1 over 60s`.
impl fmt::Display for FaultRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, over } = self;
        if over.is_zero() { write!(f, "{to}") } else { write!(f, "{from} to {to} over {over:?}") }
    }
}
