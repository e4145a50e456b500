//! The word that holds the phase of a member.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 36..64 | generation | grows with each change of the phase, and wraps; a result of another generation is late |
//! | 34..36 | phase | in the order of [`Phase`] |
//! | 33 | removed | it is no member any more |
//! | 32 | drained | it takes no new call |
//! | 0..32 | streak | failures in a row; in service |
//!
//! The holder of the roster's lock changes generation, phase and flags; results count in the streak without it. All changes are
//! read-modify-writes, so none undoes another.
//!
//! Exact, except that a call that is in flight across 2^28 changes of the phase is not seen as late.

#![expect(clippy::cast_possible_truncation, reason = "fields are cut out of the word")]

const DRAINED: u64 = 1 << 32;
const REMOVED: u64 = 1 << 33;
const PHASE_SHIFT: u32 = 34;
const PHASE: u64 = 3 << PHASE_SHIFT;
const GENERATION_SHIFT: u32 = 36;

/// What the results of a replica have made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// It takes calls.
    InService,
    /// It takes no call until its time out is over.
    Ejected,
    /// It takes one call at a time, until one succeeds.
    OnTrial,
}

impl Phase {
    /// The phase in one word: `"in_service"`, `"ejected"` or `"on_trial"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::Ejected => "ejected",
            Self::OnTrial => "on_trial",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    /// The first word of a member: in service.
    pub(super) const FIRST: Self = Self(0);

    pub(super) const fn generation(self) -> u32 {
        (self.0 >> GENERATION_SHIFT) as u32
    }

    pub(super) const fn phase(self) -> Phase {
        match self.0 >> PHASE_SHIFT & 3 {
            0 => Phase::InService,
            1 => Phase::Ejected,
            _ => Phase::OnTrial,
        }
    }

    pub(super) const fn streak(self) -> u32 {
        self.0 as u32
    }

    pub(super) const fn is_drained(self) -> bool {
        self.0 & DRAINED != 0
    }

    /// Whether it takes no new call, whatever its phase: it is drained or removed.
    pub(super) const fn is_closed(self) -> bool {
        self.0 & (DRAINED | REMOVED) != 0
    }

    /// Whether it is in service and takes new calls.
    pub(super) const fn is_open(self) -> bool {
        self.0 & (DRAINED | REMOVED | PHASE) == 0
    }

    /// The first word of the next generation.
    pub(super) const fn next(self, phase: Phase) -> Self {
        let generation = (self.0 >> GENERATION_SHIFT).wrapping_add(1) << GENERATION_SHIFT;
        Self(generation | (phase as u64) << PHASE_SHIFT | self.0 & (DRAINED | REMOVED))
    }

    pub(super) const fn with_streak(self, streak: u32) -> Self {
        Self(self.0 >> 32 << 32 | streak as u64)
    }

    pub(super) const fn drained(self, drained: bool) -> Self {
        Self(if drained { self.0 | DRAINED } else { self.0 & !DRAINED })
    }

    pub(super) const fn removed(self) -> Self {
        Self(self.0 | REMOVED)
    }
}
