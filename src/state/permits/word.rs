//! What must change together.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 35..64 | limit | the most that may be in flight |
//! | 6..35 | in flight | places taken, also those handed to a waiter that has not seen it yet |
//! | 5 | shared | a class may not fill all places |
//! | 4 | waited | a call has waited, so that calls may be late |
//! | 0..4 | waiting | a bit a class: a call of it waits |

use super::shares::{Shares, WHOLE};
use crate::state::criticality::Criticality;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    const WAITING: u64 = (1 << Criticality::COUNT) - 1;
    const WAITED: u64 = 1 << 4;
    const SHARED: u64 = 1 << 5;
    pub(super) const ONE: u64 = 1 << 6;
    const LIMIT_SHIFT: u32 = 35;
    /// The largest limit and count: as good as unlimited.
    pub(super) const MOST: u64 = (1 << 29) - 1;

    pub(super) fn new(limit: usize, shares: &Shares) -> Self {
        Self(if *shares == Shares::NONE { 0 } else { Self::SHARED }).limited(limit)
    }

    pub(super) const fn limit(self) -> u64 {
        self.0 >> Self::LIMIT_SHIFT
    }

    pub(super) const fn in_flight(self) -> u64 {
        (self.0 / Self::ONE) & Self::MOST
    }

    /// Whether a call waits.
    pub(super) const fn is_waited_for(self) -> bool {
        self.0 & Self::WAITING != 0
    }

    const fn is_waited_for_by(self, class: Criticality) -> bool {
        self.0 & Self::bit(class) != 0
    }

    /// Whether a call may be late: one has waited.
    pub(super) const fn may_be_late(self) -> bool {
        self.0 & Self::WAITED != 0
    }

    /// Whether a second look may find a place: by the class of the call, or among those of late calls.
    pub(super) const fn has_more_to_ask(self) -> bool {
        self.0 & (Self::WAITING | Self::SHARED | Self::WAITED) != 0
    }

    /// One place more is taken, where no class counts: all share all places, and nobody waits.
    pub(super) fn entered(self) -> Option<Self> {
        let is_free = self.0 & (Self::WAITING | Self::SHARED) == 0 && self.in_flight() < self.limit();
        is_free.then_some(Self(self.0 + Self::ONE))
    }

    /// One place more is taken by a call of this class, if its share is free and nobody waits who goes first.
    ///
    /// Who waits for a smaller share than the call's own does not go first, as its share may not be free where the call's is.
    pub(super) fn entered_by(self, class: Criticality, shares: &Shares) -> Option<Self> {
        let goes_first = |other: Criticality| other >= class && shares.of(other) >= shares.of(class);
        let mut waiting = Criticality::IN_ORDER.into_iter().filter(|other| self.is_waited_for_by(*other));
        (self.has_room(class, shares) && !waiting.any(goes_first)).then_some(Self(self.0 + Self::ONE))
    }

    /// The first class in order that waits and whose share is free.
    pub(super) fn next(self, shares: &Shares) -> Option<Criticality> {
        let is_next = |class: &Criticality| self.is_waited_for_by(*class) && self.has_room(*class, shares);
        Criticality::IN_ORDER.into_iter().find(is_next)
    }

    /// One place more is handed to the next class. `others_wait` says whether others of it still wait.
    pub(super) fn granted(self, shares: &Shares, others_wait: impl Fn(Criticality) -> bool) -> Option<Self> {
        let class = self.next(shares)?;
        Some(Self(self.0 + Self::ONE).waited_for_by(class, others_wait(class)))
    }

    /// Calls of this class wait or not.
    pub(super) const fn waited_for_by(self, class: Criticality, waits: bool) -> Self {
        Self(if waits { self.0 | Self::bit(class) } else { self.0 & !Self::bit(class) })
    }

    pub(super) const fn waited(self) -> Self {
        Self(self.0 | Self::WAITED)
    }

    pub(super) fn limited(self, limit: usize) -> Self {
        let limit = Self::MOST.min(limit as u64);
        Self((self.0 & ((1 << Self::LIMIT_SHIFT) - 1)) | (limit << Self::LIMIT_SHIFT))
    }

    fn has_room(self, class: Criticality, shares: &Shares) -> bool {
        self.in_flight() * u64::from(WHOLE) < shares.of(class) * self.limit()
    }

    /// Whether no more places are taken than a class may fill.
    pub(super) fn is_filled_by(self, class: Criticality, shares: &Shares) -> bool {
        self.in_flight().saturating_sub(1) * u64::from(WHOLE) < shares.of(class) * self.limit()
    }

    const fn bit(class: Criticality) -> u64 {
        1 << class as u32
    }
}
