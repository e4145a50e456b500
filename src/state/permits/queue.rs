//! Who waits for a place, and who was handed one and has not seen it.

use std::collections::BTreeMap;
use std::mem;
use std::num::NonZeroU64;
use std::task::Waker;

use crate::state::criticality::Criticality;
use crate::time::Nanos;

/// A place in the queue. The least is the first: that of the higher class, and in one class that of who came first.
///
/// | bits | name | meaning |
/// |---|---|---|
/// | 62..64 | rank | how many classes are higher |
/// | 1..62 | number | how many came before |
/// | 0 | | one |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(NonZeroU64);

impl Ticket {
    const RANK_SHIFT: u32 = 62;

    fn new(class: Criticality, number: u64) -> Self {
        let rank = Criticality::CriticalPlus as u64 - class as u64;
        Self(NonZeroU64::MIN | (rank << Self::RANK_SHIFT) | (number << 1))
    }

    pub(super) const fn class(self) -> Criticality {
        Criticality::IN_ORDER[(self.0.get() >> Self::RANK_SHIFT) as usize]
    }
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) waker: Waker,
    pub(super) until: Nanos,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    came: u64,
    waiting: BTreeMap<Ticket, Waiter>,
    /// Who was handed a place and has not seen it, and when its wait ends.
    handed: BTreeMap<Ticket, Nanos>,
}

impl Queue {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn push(&mut self, class: Criticality, waiter: Waiter) -> Ticket {
        let ticket = Ticket::new(class, self.came);
        self.came += 1;
        self.waiting.insert(ticket, waiter);
        ticket
    }

    /// Those of a class who wait, in their order.
    fn of(&self, class: Criticality) -> impl Iterator<Item = Ticket> {
        let from = self.waiting.range(Ticket::new(class, 0)..);
        from.map(|(ticket, _)| *ticket).take_while(move |ticket| ticket.class() == class)
    }

    /// Whether more of a class wait than so many, which are few.
    pub(super) fn has_more(&self, class: Criticality, than: usize) -> bool {
        self.of(class).nth(than).is_some()
    }

    /// The last in order, if it is of a lower class.
    pub(super) fn last_below(&self, class: Criticality) -> Option<Ticket> {
        self.waiting.keys().next_back().copied().filter(|last| last.class() < class)
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiter> {
        self.waiting.remove(&ticket)
    }

    /// Hands a place to the first of a class. Returns whom to wake, and when its wait ends.
    pub(super) fn hand(&mut self, class: Criticality) -> Option<Waiter> {
        let ticket = self.of(class).next()?;
        let waiter = self.waiting.remove(&ticket)?;
        self.handed.insert(ticket, waiter.until);
        Some(waiter)
    }

    /// Swaps the waker of one who waits. Returns whether it waits.
    pub(super) fn wake_by(&mut self, ticket: Ticket, waker: &mut Waker) -> bool {
        let waiter = self.waiting.get_mut(&ticket);
        waiter.map(|waiter| mem::swap(&mut waiter.waker, waker)).is_some()
    }

    /// Takes the place of one who was handed it. Returns whether there was one.
    pub(super) fn take_handed(&mut self, ticket: Ticket) -> bool {
        self.handed.remove(&ticket).is_some()
    }

    /// Takes the places of those whose wait is over. Returns how many there were.
    pub(super) fn take_late(&mut self, now: Nanos) -> usize {
        let before = self.handed.len();
        self.handed.retain(|_, until| now < *until);
        before - self.handed.len()
    }

    pub(super) fn count_late(&self, now: Nanos) -> usize {
        self.handed.values().filter(|until| **until <= now).count()
    }

    /// When the first wait ends of those who were handed a place.
    pub(super) fn earliest(&self) -> Nanos {
        self.handed.values().min().copied().unwrap_or(Nanos::MAX)
    }
}
