//! The word that holds the phase of a circuit.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 35..64 | generation | grows with each transition, and wraps; a result of another generation is late |
//! | 32..35 | phase | in the order of [`Phase`]: those that let every call pass come first, so that one comparison finds them |
//! | 0..32 | streak | failures in a row; closed and metrics-only |
//! | 10..32 | places | probes that hold a place, and results counted; half-open |
//! | 0..10 | holders | probes in flight that hold a place; half-open |
//!
//! Two write it. The holder of the circuit's lock publishes by a swap, and it alone changes generation, phase and probes.
//! `count_streak` counts failures in a row by compare-and-exchange, without the lock: it succeeds only on a closed or
//! metrics-only word of the generation that it counts for. So no count lands in a phase that is over, and a count that a swap
//! overwrites unseen belongs to the generation that the swap ends. Every change is a read-modify-write: the changes form one
//! chain, and a count in it still carries the Release of the phase that it counts in.
//!
//! Exact, except that a call that is in flight across 2^29 transitions is not seen as late: bounded by
//! `a_generation_returns_only_after_two_to_the_29_transitions`.

#![expect(clippy::cast_possible_truncation, reason = "fields are cut out of the word")]

use crate::state::circuit::Phase;

const PHASE_SHIFT: u32 = 32;
const GENERATION_SHIFT: u32 = 35;
const PLACES_SHIFT: u32 = 10;
const HOLDERS_MASK: u64 = 0x3ff;
const PLACES_MASK: u64 = 0x3f_ffff;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    /// The first word of a circuit: closed.
    pub(crate) const FIRST: Self = Self(0);

    pub(crate) const fn generation(self) -> u32 {
        (self.0 >> GENERATION_SHIFT) as u32
    }

    pub(crate) const fn phase(self) -> Phase {
        match self.0 >> PHASE_SHIFT & 7 {
            0 => Phase::Closed,
            1 => Phase::MetricsOnly,
            2 => Phase::ForcedClosed,
            3 => Phase::Open,
            4 => Phase::ForcedOpen,
            _ => Phase::HalfOpen,
        }
    }

    pub(crate) const fn streak(self) -> u32 {
        self.0 as u32
    }

    pub(crate) const fn holders(self) -> u32 {
        (self.0 & HOLDERS_MASK) as u32
    }

    pub(crate) const fn places(self) -> u32 {
        (self.0 >> PLACES_SHIFT & PLACES_MASK) as u32
    }

    /// The first word of the next generation.
    pub(crate) const fn next(self, phase: Phase) -> Self {
        let generation = (self.0 >> GENERATION_SHIFT).wrapping_add(1) << GENERATION_SHIFT;
        Self(generation | (phase as u64) << PHASE_SHIFT)
    }

    pub(crate) const fn with_streak(self, streak: u32) -> Self {
        Self(self.0 >> PHASE_SHIFT << PHASE_SHIFT | streak as u64)
    }

    /// One more probe holds a place.
    pub(crate) const fn taken(self) -> Self {
        Self(self.0 + 1 + (1 << PLACES_SHIFT))
    }

    /// One probe holds a place no more.
    pub(crate) const fn given_back(self) -> Self {
        Self(self.0 - 1 - (1 << PLACES_SHIFT))
    }

    /// One more result takes a place.
    pub(crate) const fn counted(self) -> Self {
        Self(self.0 + (1 << PLACES_SHIFT))
    }

    /// All probes in flight give up their places; the results keep theirs.
    pub(crate) const fn given_up(self) -> Self {
        let holders = self.0 & HOLDERS_MASK;
        Self(self.0 - holders - (holders << PLACES_SHIFT))
    }
}
