//! Whether calls must be looked at before they pass, and whether some were rejected.
//!
//! One word. It is *clear*, or *raised* by a failure, or the time of the last rejection. Who clears it looks at the window once more after
//! that: a failure that found it raised before was counted before, so one of the two sees the other.
//!
//! Rejections are told once for the time from the first of them until none has come for a whole window, so at most one beginning and
//! one end are told in a window, however the probability moves.

use crate::sync::{AtomicU64, Ordering, fence};
use crate::time::Nanos;

const CLEAR: u64 = 0;
const RAISED: u64 = 1;
/// Stands for the time zero; what is more, for so much more.
const FIRST: u64 = 2;

#[derive(Debug)]
pub(crate) struct Alarm(AtomicU64);

impl Alarm {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(CLEAR))
    }

    #[inline(always)]
    pub(crate) fn is_clear(&self) -> bool {
        self.0.load(Ordering::Relaxed) == CLEAR
    }

    /// Lets calls be looked at. The caller has counted a failure, and then summed after a fence.
    pub(crate) fn raise(&self) {
        if self.is_clear() {
            self.0.compare_exchange(CLEAR, RAISED, Ordering::Relaxed, Ordering::Relaxed).ok();
        }
    }

    /// Notes that a call was rejected. Returns whether it is the first one after a time without any.
    pub(crate) fn reject(&self, now: Nanos) -> bool {
        self.0.fetch_max(now.0.saturating_add(FIRST), Ordering::Relaxed) < FIRST
    }

    /// Clears it, unless a call was rejected less than a window ago, or `is_on` says after that that it must be on. Returns whether it
    /// ends a time in which calls were rejected.
    pub(crate) fn clear(&self, now: Nanos, window: Nanos, is_on: impl FnOnce() -> bool) -> bool {
        let seen = self.0.load(Ordering::Relaxed);
        let is_recent = rejected_at(seen).is_some_and(|at| now.saturating_sub(at) < window);
        // A call that is rejected meanwhile keeps it on.
        if is_recent || self.0.compare_exchange(seen, CLEAR, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        // Pairs with the fence between a failure and its sum.
        fence(Ordering::SeqCst);
        if is_on() {
            self.raise();
        }
        seen >= FIRST
    }

    /// When a call was last rejected, if that is less than about a window ago.
    pub(crate) fn rejected_at(&self) -> Option<Nanos> {
        rejected_at(self.0.load(Ordering::Relaxed))
    }
}

fn rejected_at(word: u64) -> Option<Nanos> {
    word.checked_sub(FIRST).map(Nanos)
}
