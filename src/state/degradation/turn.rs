//! A turn that one has at a time, and that comes once in a while.

use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

/// The turn is taken.
const TAKEN: u64 = u64::MAX;

/// A turn to read, which is not due while somebody has it: a reading that asks for another one would never end.
#[derive(Debug)]
pub(super) struct Turn {
    pause: Nanos,
    /// When the turn is due, or [`TAKEN`].
    next: AtomicU64,
}

/// The turn, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn is given back when it is dropped"]
pub(crate) struct Taken<'a> {
    turn: &'a Turn,
    next: u64,
}

impl Turn {
    /// It is due at once, and then a `pause` after it was last taken.
    pub(super) fn new(pause: Nanos) -> Self {
        Self { pause, next: AtomicU64::new(0) }
    }

    #[inline(always)]
    pub(super) fn try_take(&self, now: Nanos) -> Option<Taken<'_>> {
        let next = self.next.load(Ordering::Relaxed);
        if now.0 < next || next == TAKEN { None } else { self.take(next, now) }
    }

    #[cold]
    fn take(&self, next: u64, now: Nanos) -> Option<Taken<'_>> {
        // Pairs with the release by who had it before.
        self.next.compare_exchange(next, TAKEN, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(Taken { turn: self, next: now.saturating_add(self.pause).0.min(TAKEN - 1) })
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // Pairs with the acquire by who takes it next.
        self.turn.next.store(self.next, Ordering::Release);
    }
}
