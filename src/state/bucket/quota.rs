//! What a bucket holds, in calls and as time.

use crate::state::rate::Rate;

/// The most time that a bucket holds. Added to a time of less than 292 years, it then fits.
pub(super) const LONGEST: u64 = 1 << 63;

/// What may be set, beside the period.
///
/// | bits | name | meaning |
/// |---|---|---|
/// | 32..64 | calls | those of a period; 0 lets no call pass, however full the bucket is |
/// | 0..32 | burst | the most calls in the bucket |
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota(pub(super) u64);

impl Quota {
    pub(super) const fn new(calls: u32, burst: u32) -> Self {
        Self((calls as u64) << 32 | burst as u64)
    }

    pub(super) const fn calls(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is the lower half")]
    pub(super) const fn burst(self) -> u32 {
        self.0 as u32
    }

    /// The time that a full bucket holds.
    #[inline(always)]
    pub(super) fn full(self, interval: u64) -> u64 {
        u64::from(self.burst()).saturating_mul(interval).min(LONGEST)
    }

    /// The time that calls which pass at once may take together.
    #[inline(always)]
    pub(super) fn capacity(self, interval: u64) -> u64 {
        if self.calls() == 0 { 0 } else { self.full(interval) }
    }
}

/// What the word counts as at least once the bucket was shut: one call passes at the end, and then the rate.
#[inline(always)]
pub(super) const fn floor(shut_until: u64, full: u64, interval: u64) -> u64 {
    match shut_until {
        0 => 0,
        until => until.saturating_add(full.saturating_sub(interval)),
    }
}

/// The time from one call to the next; `None` for a rate of no calls.
pub(super) fn interval(rate: Rate) -> Option<u64> {
    rate.interval().map(|interval| interval.clamp(1, LONGEST))
}
