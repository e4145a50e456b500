//! To whom the attempts of a call were sent, so that the next one is sent to another.
//!
//! What chooses between replicas notes the one that an attempt was sent to in each poll of that attempt. A retry around hears the note
//! right after the last poll, and only of an attempt that failed: so a call that succeeds pays a store. A hedge around hears it also of an
//! attempt that is in flight, and tells a retry around it all that it heard when its call fails. Around the attempts that follow they set
//! whom to avoid. Outside of both nobody is avoided, and a note is never heard.

use std::cell::Cell;

use super::flags::{Restore, set};

thread_local! {
    static AVOIDED: Cell<Tried> = const { Cell::new(Tried::NOBODY) };
    static NOTED: Cell<Tried> = const { Cell::new(Tried::NOBODY) };
}

/// The last four replicas that a call was sent to, by their ids: 16 bits each, the latest in the lowest. Zero is none.
///
/// Ids that differ by a multiple of 32,768 are one: the worst of that is that a replica is avoided without need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tried(u64);

const BITS: u32 = u64::BITS / 4;
const ID: u64 = (1 << BITS) - 1;

impl Tried {
    pub(crate) const NOBODY: Self = Self(0);

    /// Whether the call was sent to this replica, as far as is remembered.
    pub(crate) fn contains(self, id: u32) -> bool {
        self.ids().any(|tried| tried == short(id))
    }

    /// These and all that were noted since an attempt was last polled.
    pub(crate) fn and_noted(self) -> Self {
        let noted = NOTED.get();
        if noted == Self::NOBODY { self } else { noted.ids().fold(self, Self::with) }
    }

    /// These and all others that were noted since an attempt was last polled. One that is in flight is noted again and again.
    #[inline]
    pub(crate) fn and_others_noted(self) -> Self {
        let noted = NOTED.get();
        if noted == Self::NOBODY { self } else { self.and_others(noted) }
    }

    /// Out of line, because few calls go to replicas.
    #[inline(never)]
    fn and_others(self, noted: Self) -> Self {
        let others = noted.ids().filter(|id| !self.ids().any(|tried| tried == *id));
        others.fold(self, |tried, id| Self(tried.0 << BITS | id))
    }

    /// These and another one. It is avoided unless all were tried: so one that is tried again is the first of a new round.
    fn with(self, id: u64) -> Self {
        let is_again = self.ids().any(|tried| tried == id);
        let before = if is_again { 0 } else { self.0 };
        Self(before << BITS | id)
    }

    /// The latest comes last.
    fn ids(self) -> impl Iterator<Item = u64> {
        let ids = (0..u64::BITS).step_by(BITS as usize).rev().map(move |shift| self.0 >> shift & ID);
        ids.filter(|id| *id > 0)
    }
}

/// An id in the bits that there are for it; not zero.
const fn short(id: u32) -> u64 {
    id as u64 & ID >> 1 | 1 << (BITS - 1)
}

/// The replicas to avoid, unless there is no other: earlier attempts of the call were sent to them.
#[inline]
pub(crate) fn tried() -> Tried {
    AVOIDED.get()
}

/// Notes that the attempt which is polled now was sent to this replica. It is to be called in the poll that ends the attempt, also where
/// that poll drops it, and in each poll before, where a hedge is to hear it.
#[inline]
pub(crate) fn try_on(id: u32) {
    // As it comes, because most notes are never heard: who hears them leaves out what comes again.
    NOTED.set(Tried(NOTED.get().0 << BITS | short(id)));
}

/// Notes for a retry around to whom the attempts of a call were sent. It is to be called in the poll in which the call fails.
pub(crate) fn note_all(tried: Tried) {
    NOTED.set(tried);
}

/// Avoids these beside those who are avoided around. Returns who that is.
#[inline(always)]
pub(super) fn avoid_also(tried: Tried) -> Tried {
    avoid(AVOIDED.get().and_others(tried))
}

/// Avoids these. Returns who was avoided.
#[inline(always)]
pub(super) fn avoid(tried: Tried) -> Tried {
    AVOIDED.replace(tried)
}

/// Avoids these, until what this returns is dropped.
pub(super) fn enter_tried(tried: Tried) -> Restore<Tried> {
    set(&AVOIDED, tried)
}

/// Forgets what was noted: another attempt is polled.
#[inline(always)]
pub(super) fn note_nobody() {
    NOTED.set(Tried::NOBODY);
}

/// Keeps what was noted, until what this returns is dropped.
pub(super) fn keep_noted() -> Restore<Tried> {
    set(&NOTED, NOTED.get())
}
