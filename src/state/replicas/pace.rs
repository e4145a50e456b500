//! How long a member takes to respond, by a few of its calls that are timed.
//!
//! A new time moves the estimate an eighth of the way, as ratios go: it is the geometric form of an exponentially weighted mean. So one
//! call that takes a hundred times as long moves it by 1.8. An estimate that was not renewed for 5 to 10 seconds is old, and counts for
//! nothing until the next call is timed: so one that was slow gets calls again, and is asked how it is now.
//!
//! A failure that comes fast is not a fast response: it counts as one that takes eight times as long as the estimate.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 2..64 | estimate | in units of 4 nanoseconds; zero only where there is none |
//! | 1 | aging | it was not renewed since the last look |
//! | 0 | old | nor between that look and the one before |
//!
//! Approximate: of two times that come at once, one may be lost.

use super::change::How;
use super::rules::SECOND;
use crate::time::Nanos;

/// Of so many calls one is timed; and each, where the estimate is old.
pub(super) const ONE_OF: u64 = 16;

/// How often estimates age, at most.
pub(super) const AGE_EVERY: Nanos = Nanos(5 * SECOND);

/// How many times as long as the estimate a failure counts.
const FAILED: u64 = 8;

const OLD: u64 = 1;
const AGING: u64 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace(pub(super) u64);

impl Pace {
    pub(super) const UNKNOWN: Self = Self(OLD);

    #[inline]
    pub(super) const fn is_old(self) -> bool {
        self.0 & OLD != 0
    }

    /// In nanoseconds.
    const fn estimate(self) -> u64 {
        self.0 & !(OLD | AGING)
    }

    /// Whether neither is known to take twice as long as the other.
    #[inline]
    pub(super) const fn is_like(self, other: Self) -> bool {
        let (mine, others) = (self.estimate(), other.estimate());
        (self.0 | other.0) & OLD != 0 || mine / 2 < others && others / 2 < mine
    }

    /// How long so many calls take, one after another.
    pub(super) const fn of(self, calls: u64) -> u128 {
        self.estimate() as u128 * calls as u128
    }

    /// What a call makes of it that was timed.
    pub(super) fn after(self, how: How, took: Nanos) -> Self {
        let estimate = self.estimate();
        let took = match how {
            How::Success => took.0,
            How::Failure if estimate > 0 => took.0.max(estimate.saturating_mul(FAILED)),
            How::Failure | How::Throttled | How::Nothing => return self,
        };
        let estimate = if self.is_old() { took } else { an_eighth_to(estimate, took) };
        Self(estimate.max(4) & !(OLD | AGING))
    }

    /// What a look makes of it.
    pub(super) const fn aged(self) -> Self {
        Self(self.0 | AGING | self.0 >> 1 & OLD)
    }
}

/// An eighth of the way from one time to another, as ratios go.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, which saturates"
)]
fn an_eighth_to(from: u64, to: u64) -> u64 {
    let ratio = to as f64 / from as f64;
    (from as f64 * ratio.sqrt().sqrt().sqrt()) as u64
}
