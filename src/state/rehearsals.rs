//! Which calls rehearse their fallback, and how rehearsals end.
//!
//! Each call is drawn by itself, so of many calls about that share rehearses. At a rate of 0 none does, and at 1 each: that is exact.

use crate::state::draws::{Draws, fraction};

#[derive(Debug)]
pub(crate) struct Rehearsals {
    rate: f64,
    draws: Draws,
}

impl Rehearsals {
    pub(crate) fn new(rate: f64, seed: u64) -> Self {
        Self { rate, draws: Draws::new(seed) }
    }

    /// Whether the next call rehearses.
    #[inline]
    pub(crate) fn is_drawn(&self) -> bool {
        fraction(self.draws.draw()) < self.rate
    }
}

/// How a rehearsal ended, each at its own word of a [`Tally`](crate::state::tally::Tally).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rehearsed {
    /// A step answered.
    Answered,
    /// No step did: by an error, by a response that is a failure, or by a panic.
    Failed,
    /// The call had ended before it.
    Unfinished,
}

impl Rehearsed {
    pub(crate) const ALL: [Self; 3] = [Self::Answered, Self::Failed, Self::Unfinished];

    /// The words before it count the answers of each step, and the calls that no step answered.
    const FIRST: usize = 5;

    pub(crate) const fn word(self) -> usize {
        Self::FIRST + self as usize
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
        }
    }
}
