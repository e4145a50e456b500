//! Counts how a call ended.

use std::ops::Deref;

use super::rules::Core;
use crate::cached_arc::CachedArc;
use crate::context::note_attempts;
use crate::state::attempts::{Ended, RETRIES, Stop};

/// What a call shares with all others, until it has ended. A call that is dropped before is abandoned.
#[derive(Debug)]
pub(super) struct Running {
    /// It is empty once the call has ended.
    core: CachedArc<Core>,
}

impl Running {
    pub(super) const fn new(core: CachedArc<Core>) -> Self {
        Self { core }
    }

    /// Counts the end of a call that has made so many attempts. Layers above hear of them if it failed.
    #[inline(always)]
    pub(super) fn end(&mut self, attempts: u32, is_failure: bool) {
        if is_failure {
            note_attempts(attempts);
        }
        if let Some(core) = self.core.take() {
            core.row.count(Ended::of(attempts, is_failure) as usize);
        }
    }

    /// Out of line, so that the end of every other call stays short.
    #[cold]
    #[inline(never)]
    fn abandon(&self) {
        self.core.row.count(Ended::Abandoned as usize);
    }

    /// Counts an attempt that is not the first.
    pub(super) fn count_retry(&self) {
        self.core.row.count(RETRIES);
    }

    /// Counts why a call that failed is not sent again.
    pub(super) fn count_stop(&self, stop: Stop) {
        self.core.row.count(stop.word());
    }
}

impl Deref for Running {
    type Target = Core;

    #[inline(always)]
    fn deref(&self) -> &Core {
        &self.core
    }
}

impl Drop for Running {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.core.is_taken() {
            self.abandon();
        }
    }
}
