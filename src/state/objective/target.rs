//! The share of calls that shall be good.

use std::time::Duration;

use super::asked::Asked;

/// What shares are counted in, so that they are compared as whole numbers.
pub(super) const BILLION: u64 = 1_000_000_000;

/// A target, as the share of calls that may be bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// In billionths: 1 to `BILLION` - 1.
    allowance: u64,
}

#[expect(clippy::cast_precision_loss, reason = "who looks does not tell 2^53 from the next")]
impl Target {
    /// A target between 0 and 1, to the nearest billionth; `None` for what is not between them.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a billion, or saturated")]
    pub(crate) fn new(target: f64) -> Option<Self> {
        let allowance = ((1.0 - target) * BILLION as f64).round() as u64;
        (1..BILLION).contains(&allowance).then_some(Self { allowance })
    }

    /// The target that allows so many billionths.
    pub(super) const fn allowing(allowance: u64) -> Self {
        Self { allowance }
    }

    pub(super) const fn allowance(self) -> u64 {
        self.allowance
    }

    /// The share that shall be good.
    pub(crate) fn share(self) -> f64 {
        (BILLION - self.allowance) as f64 / BILLION as f64
    }

    /// How many of these calls may be bad. Rounded once, so that as many bad calls use up just all of it.
    pub(crate) fn allowed_of(self, asked: Asked) -> f64 {
        self.allowed_in_billionths(asked) as f64 / BILLION as f64
    }

    /// How much of this time may be bad.
    #[expect(clippy::cast_possible_truncation, reason = "a part of what fits")]
    pub(crate) const fn allowed_of_time(self, time: Duration) -> Duration {
        Duration::from_nanos((time.as_nanos() * self.allowance as u128 / BILLION as u128) as u64)
    }

    /// How fast these calls use up what may be bad: at 1, all of it in just the period.
    pub(crate) fn burn(self, asked: Asked) -> f64 {
        if asked.bad == 0 { 0.0 } else { asked.bad as f64 / self.allowed_of(asked) }
    }

    /// Whether all that may be bad of these calls is, or more. None are bad of no calls.
    pub(crate) fn is_exhausted(self, asked: Asked) -> bool {
        asked.bad > 0 && in_billionths(asked.bad) >= self.allowed_in_billionths(asked)
    }

    /// Whether no more of these calls are bad than may be.
    pub(crate) fn is_met(self, asked: Asked) -> bool {
        in_billionths(asked.bad) <= self.allowed_in_billionths(asked)
    }

    fn allowed_in_billionths(self, asked: Asked) -> u128 {
        u128::from(self.allowance) * u128::from(asked.calls)
    }
}

fn in_billionths(calls: u64) -> u128 {
    u128::from(calls) * u128::from(BILLION)
}
