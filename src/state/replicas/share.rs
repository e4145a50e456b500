//! Which share of the calls a member has, by its weight: it grows over the slow start, evenly, from a tenth on.

use super::member::Member;
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

/// A weight of one in a share, which may be a part of the weight.
pub(super) const WHOLE: u64 = 1 << 10;

impl Member {
    /// Its weight in [`WHOLE`]s, and less while its share grows.
    #[inline]
    pub(super) fn share(&self, slow_start: Nanos, clock: impl Now) -> u64 {
        self.weight() * self.part(slow_start, clock)
    }

    /// Which part of its weight it has: a tenth at least, and [`WHOLE`] if its share does not grow.
    #[inline]
    pub(super) fn part(&self, slow_start: Nanos, clock: impl Now) -> u64 {
        match self.rising.load(Ordering::Relaxed) {
            0 => WHOLE,
            since => self.risen(since, slow_start, clock.now()),
        }
    }

    #[cold]
    fn risen(&self, since: u64, slow_start: Nanos, now: Nanos) -> u64 {
        let passed = now.saturating_sub(Nanos(since));
        if passed >= slow_start {
            self.rising.compare_exchange(since, 0, Ordering::Relaxed, Ordering::Relaxed).ok();
            return WHOLE;
        }
        let part = u128::from(passed.0) * u128::from(WHOLE) / u128::from(slow_start.0);
        u64::try_from(part).unwrap_or(WHOLE).max(WHOLE.div_ceil(10))
    }

    /// Lets its share grow from now on, if shares do.
    pub(super) fn rise(&self, slow_start: Nanos, now: Nanos) {
        if slow_start > Nanos(0) {
            self.rising.store(now.0.max(1), Ordering::Relaxed);
        }
    }
}
