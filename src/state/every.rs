//! Something that may be done once in a while, however many ask.
//!
//! Exact: of several calls that ask at the same moment, one is told yes.

use crate::{
    sync::{AtomicU64, Ordering},
    time::Nanos,
};

#[derive(Debug)]
pub(crate) struct Every {
    pause: Nanos,
    /// The earliest moment of the next time.
    next: AtomicU64,
}

impl Every {
    pub(crate) fn new(pause: Nanos) -> Self {
        Self { pause, next: AtomicU64::new(0) }
    }

    /// Whether it is time again; then the next time comes after the pause.
    pub(crate) fn is_due(&self, now: Nanos) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let (after, relaxed) = (now.saturating_add(self.pause), Ordering::Relaxed);
        now.0 >= next && self.next.compare_exchange(next, after.0, relaxed, relaxed).is_ok()
    }
}
