//! What is counted of calls that callers may share: how many there are now, and for those who watch, how the callers came to them.
//!
//! Exact, but for calls that begin or end while they are read.

use crate::error::RejectionReason;
use crate::state::stripes::Stripes;
use crate::sync::{Ordering, fence};

/// How a caller came to its call, each at its own word of a [`Tally`](crate::state::tally::Tally).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It began a call that others may share.
    Began,
    /// It shared the call of another.
    Joined,
    /// It has a call of its own, which nobody shares.
    Alone,
}

impl Passage {
    pub(crate) const ALL: [Self; 3] = [Self::Began, Self::Joined, Self::Alone];

    pub(crate) const fn word(self) -> usize {
        RejectionReason::ALL.len() + self as usize
    }

    /// How the caller came to its call, as metrics have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::Joined => "joined",
            Self::Alone => "alone",
        }
    }

    /// The words of those who came so and of those who left, beside each other.
    const fn came(self) -> usize {
        2 * self as usize
    }

    const fn left(self) -> usize {
        self.came() + 1
    }
}

/// Counts on the threads' own lines.
#[derive(Debug)]
pub(crate) struct Counted(Stripes);

impl Counted {
    pub(crate) fn new() -> Self {
        Self(Stripes::new(2 * Passage::ALL.len()))
    }

    #[inline(always)]
    pub(crate) fn come(&self, passage: Passage) {
        self.0.mine().count(passage.came());
    }

    #[inline(always)]
    pub(crate) fn leave(&self, passage: Passage) {
        self.0.mine().count(passage.left());
    }

    /// How many have come so and not left.
    pub(crate) fn now(&self, passage: Passage) -> u64 {
        let left = self.0.total(passage.left());
        // Pairs with the release in each count: who sees that one has left sees that it had come.
        fence(Ordering::Acquire);
        self.0.total(passage.came()) - left
    }

    /// How many have come so, in all.
    pub(crate) fn total(&self, passage: Passage) -> u64 {
        self.0.total(passage.came())
    }
}
