//! What of a bucket is kept when its process ends, and how another goes on from it.
//!
//! Exact where the rate is the same. At another rate what was taken stays taken, counted in calls, and so does the time for which the
//! bucket was shut.

use super::Bucket;
use crate::sync::Ordering;
use crate::time::Nanos;

/// A bucket at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Saved {
    /// In what time it is full, if no further call comes.
    full_in: Nanos,
    /// The time that a call takes.
    interval: Nanos,
}

impl Saved {
    /// Whether a bucket can be so.
    #[cfg(feature = "serde")]
    pub(crate) const fn is_sound(self) -> bool {
        self.interval.0 > 0
    }

    /// In what time it is full once so long has passed and a call takes `interval`.
    fn full_in(self, age: Nanos, interval: u64) -> u64 {
        let taken = u128::from(self.full_in.saturating_sub(age).0) * u128::from(interval);
        u64::try_from(taken.div_ceil(u128::from(self.interval.0))).unwrap_or(u64::MAX)
    }
}

impl Bucket {
    /// The calls that wait are left out, because they end with the process.
    pub(crate) fn saved(&self, now: Nanos) -> Saved {
        let _unchanged = self.by_hand.lock();
        let interval = self.interval.load(Ordering::Relaxed);
        let full = self.quota().full(interval);
        let taken = self.arrival.load(Ordering::Relaxed).saturating_sub(now.0).min(full);
        let shut = self.floor(full, interval).saturating_sub(now.0);
        Saved { full_in: Nanos(taken.max(shut)), interval: Nanos(interval) }
    }

    /// Goes on from what was saved this long ago. It is shut for at most `longest`. Returns whether it was not used, shut or set before:
    /// otherwise nothing changes.
    pub(crate) fn restore(&self, saved: Saved, age: Nanos, longest: Nanos, now: Nanos) -> bool {
        let by_hand = self.by_hand.lock();
        let is_used = *by_hand || self.shut_until.load(Ordering::Relaxed) > 0 || self.view(now).rejected > 0;
        if is_used {
            return false;
        }
        let interval = self.interval.load(Ordering::Relaxed);
        let most = self.quota().full(interval).saturating_add(longest.0);
        let taken = saved.full_in(age, interval).min(most);
        let arrival = if taken == 0 { 0 } else { now.0.saturating_add(taken) };
        // Who takes a turn at the same moment comes after it, or was first.
        self.arrival.compare_exchange(0, arrival, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
