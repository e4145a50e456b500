//! A turn that is taken at most once in a while.
//!
//! Exact: of calls that come together, one takes the turn.

use crate::sync::{AtomicU64, Ordering};
use crate::time::{Nanos, Now};

#[derive(Debug)]
pub(crate) struct Every {
    pause: Nanos,
    next: AtomicU64,
}

impl Every {
    /// The first turn is due at once, and each further one a `pause` after the one before.
    pub(crate) fn new(pause: Nanos) -> Self {
        Self { pause, next: AtomicU64::new(0) }
    }

    /// Takes the turn, if one is due.
    pub(crate) fn try_take(&self, now: impl Now) -> bool {
        let now = now.now();
        let next = self.next.load(Ordering::Relaxed);
        let (after, relaxed) = (now.saturating_add(self.pause), Ordering::Relaxed);
        now.0 >= next && self.next.compare_exchange(next, after.0, relaxed, relaxed).is_ok()
    }
}
