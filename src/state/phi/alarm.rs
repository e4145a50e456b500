//! When a node is suspected, for those who watch it without a lock.

use crate::sync::{AtomicBool, AtomicU64, Ordering};
use crate::time::{Nanos, Now};

/// The moment at which a node is suspected unless a beat comes, and whether somebody was told of it. The owner of the nodes writes it
/// under their lock, and those who watch only read.
#[derive(Debug)]
pub(crate) struct Alarm {
    suspected_at: AtomicU64,
    is_seen: AtomicBool,
}

/// Of a node that never beat.
impl Default for Alarm {
    fn default() -> Self {
        Self { suspected_at: AtomicU64::new(Nanos::MAX.0), is_seen: AtomicBool::new(false) }
    }
}

impl Alarm {
    /// Whether the node is suspected. For one that never beat no clock is read.
    pub(crate) fn is_suspected(&self, now: impl Now) -> bool {
        let at = self.at();
        at < Nanos::MAX && now.now() >= at
    }

    /// Whether somebody was told of the suspicion, as far as one can say without the lock.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_seen.load(Ordering::Relaxed)
    }

    pub(super) fn at(&self) -> Nanos {
        Nanos(self.suspected_at.load(Ordering::Relaxed))
    }

    /// A beat came: the node is suspected then, unless another comes.
    pub(super) fn set(&self, suspected_at: Nanos) {
        self.suspected_at.store(suspected_at.0, Ordering::Relaxed);
        self.is_seen.store(false, Ordering::Relaxed);
    }

    /// Returns whether this is the first to see the suspicion.
    pub(super) fn see(&self) -> bool {
        !self.is_seen.swap(true, Ordering::Relaxed)
    }
}
