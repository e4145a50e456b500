//! A response that is kept.

use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use crate::state::cache::{Life, Turn};

/// A response, how long it is of use, and whose turn it is to refresh it.
#[derive(Debug)]
pub(crate) struct Entry<V> {
    pub(crate) value: V,
    pub(crate) life: Life,
    pub(crate) turn: Turn,
    pub(super) weight: u32,
    /// The era in which its call began.
    pub(super) era: u64,
    /// Whether it was not thrown away while its call was in flight. Until that is known, nobody uses it.
    is_kept: AtomicBool,
}

impl<V> Entry<V> {
    /// One that its own call uses, and nobody else.
    pub(crate) fn new(value: V, life: Life, weight: u32, era: u64) -> Self {
        Self { value, life, turn: Turn::default(), weight: weight.max(1), era, is_kept: AtomicBool::new(false) }
    }

    #[inline]
    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    pub(super) fn keep(&self) {
        self.is_kept.store(true, Ordering::Relaxed);
    }
}
