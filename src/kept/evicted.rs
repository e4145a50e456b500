//! How many entries had to make room.

use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it

use moka::notification::RemovalCause;

use crate::registry::Row;
use crate::state::cache::counted::EVICTED;

/// How many entries had to make room, or found none.
#[derive(Debug)]
pub(super) struct Evicted {
    row: &'static Row,
    total: AtomicU64,
    /// How many of them no event has told.
    untold: AtomicU64,
}

impl Evicted {
    pub(super) const fn new(row: &'static Row) -> Self {
        Self { row, total: AtomicU64::new(0), untold: AtomicU64::new(0) }
    }

    /// Notes an entry that has gone. It is called under locks of moka's, so it tells nobody.
    pub(super) fn note(&self, cause: RemovalCause) {
        if cause == RemovalCause::Size {
            self.row.count(EVICTED);
            self.total.fetch_add(1, Ordering::Relaxed);
            self.untold.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// How many were noted since this was last asked.
    pub(super) fn take(&self) -> u64 {
        self.untold.swap(0, Ordering::Relaxed)
    }
}
