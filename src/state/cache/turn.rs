//! Whose turn it is to refresh an entry: one at a time, and after a failure nobody's for a second.

use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

/// How long nobody refreshes an entry after that failed.
const PAUSE: Nanos = Nanos(1_000_000_000);

/// When the next turn is due. It never is while a turn is taken.
#[derive(Debug, Default)]
pub(crate) struct Turn(AtomicU64);

impl Turn {
    #[inline]
    pub(crate) fn is_due(&self, now: Nanos) -> bool {
        self.next() <= now
    }

    /// Takes the turn, if it is due. Of those who come together, one takes it.
    pub(crate) fn try_take(&self, now: Nanos) -> bool {
        let (next, relaxed) = (self.next(), Ordering::Relaxed);
        next <= now && self.0.compare_exchange(next.0, Nanos::MAX.0, relaxed, relaxed).is_ok()
    }

    /// The turn, or a call of one who needed none, has failed.
    pub(crate) fn fail(&self, now: Nanos) {
        self.0.store(now.saturating_add(PAUSE).0, Ordering::Relaxed);
    }

    /// The turn comes to nothing, and is due again.
    pub(crate) fn give_back(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn next(&self) -> Nanos {
        Nanos(self.0.load(Ordering::Relaxed))
    }
}
