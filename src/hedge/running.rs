//! Counts how a call ended.

use std::ops::Deref;

use super::rules::Core;
use crate::cached_arc::CachedArc;
use crate::state::hedge::counted::Ended;

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

    #[inline(always)]
    pub(super) fn end(&mut self, ended: Ended) {
        if let Some(core) = self.core.take() {
            core.row.count(ended as usize);
        }
    }

    /// Out of line, so that the end of every other call stays short.
    #[cold]
    #[inline(never)]
    fn abandon(&self) {
        self.core.row.count(Ended::Abandoned as usize);
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
