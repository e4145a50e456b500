//! From which members calls are given one.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 35 | watched | one that has judges is not healthy, so that calls look whether that has changed |
//! | 34 | panic | health is ignored, because too few are healthy |
//! | 32..34 | worst | the worst level of those that are given calls |
//! | 16..32 | to | the index after the last |
//! | 0..16 | from | the index of the first |

use std::ops::Range;

use super::word::Word;
use crate::state::verdict::Level;

const INDEX: u64 = 0xffff;
const TO_SHIFT: u32 = 16;
const WORST_SHIFT: u32 = 32;
const PANIC: u64 = 1 << 34;
const WATCHED: u64 = 1 << 35;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pool(pub(super) u64);

impl Pool {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn new(range: &Range<usize>, worst: Level) -> Self {
        Self(range.start as u64 | (range.end as u64) << TO_SHIFT | (worst as u64) << WORST_SHIFT)
    }

    pub(super) const fn panicking(self) -> Self {
        Self(self.0 | PANIC)
    }

    pub(super) const fn watched(self, is_on: bool) -> Self {
        Self(if is_on { self.0 | WATCHED } else { self.0 })
    }

    pub(super) const fn range(self) -> Range<usize> {
        (self.0 & INDEX) as usize..(self.0 >> TO_SHIFT & INDEX) as usize
    }

    pub(super) const fn worst(self) -> Level {
        match self.0 >> WORST_SHIFT & 3 {
            0 => Level::Healthy,
            1 => Level::Degraded,
            _ => Level::Unhealthy,
        }
    }

    /// Whether one with this word may be given calls, as far as its phase and a hand say it.
    #[inline(always)]
    pub(super) const fn is_open_to(self, word: Word) -> bool {
        if matches!(self.worst(), Level::Unhealthy) { !word.is_closed() } else { word.is_open() }
    }

    pub(super) const fn is_panic(self) -> bool {
        self.0 & PANIC != 0
    }

    pub(super) const fn is_watched(self) -> bool {
        self.0 & WATCHED != 0
    }
}
