//! Counts how a call ended that makes several attempts.

use std::ops::Deref;

use crate::cached_arc::{Cached, CachedArc};
use crate::event::{self, Event};
use crate::registry::Listed;

/// What a call shares with all others, until it has ended. A call that is dropped before is counted at the word `ABANDONED`.
#[derive(Debug)]
pub(crate) struct Running<T: Cached + Listed, const ABANDONED: usize> {
    /// It is empty once the call has ended.
    core: CachedArc<T>,
}

impl<T: Cached + Listed, const ABANDONED: usize> Running<T, ABANDONED> {
    pub(crate) const fn new(core: CachedArc<T>) -> Self {
        Self { core }
    }

    /// Counts the end of the call at this word.
    #[inline(always)]
    pub(crate) fn end(&mut self, word: usize) {
        if let Some(core) = self.core.take() {
            core.row().count(word);
        }
    }

    /// Tells an event of this instance.
    pub(crate) fn tell<'a>(&self, event: impl FnOnce() -> Event<'a>) {
        event::tell_often(|| (self.core.row().source, event()));
    }

    /// Out of line, so that the end of every other call stays short.
    #[cold]
    #[inline(never)]
    fn abandon(&self) {
        self.core.row().count(ABANDONED);
    }
}

impl<T: Cached + Listed, const ABANDONED: usize> Deref for Running<T, ABANDONED> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.core
    }
}

impl<T: Cached + Listed, const ABANDONED: usize> Drop for Running<T, ABANDONED> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.core.is_taken() {
            self.abandon();
        }
    }
}
