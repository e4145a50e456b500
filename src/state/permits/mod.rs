//! The places of a bulkhead, and the calls that wait for one.
//!
//! One [word](word) holds what must change together: the limit, the places that are taken, and which classes of calls wait. A call of
//! a class takes a place while the class's share of the limit is free, and nobody waits who goes first. Of those who wait, the first
//! in order whose share is free goes next.
//!
//! The queue itself is under a lock. The bit of a class is set by the same update that finds its share full, so a call that leaves
//! after it sees it, takes the lock and hands the place on: nobody sleeps while a place is free that it may take. A waiter is in the
//! queue until it is handed a place, goes away, or is pushed out by a higher class. One who was handed a place is among those until it
//! sees the place, goes away or loses it.
//!
//! A call whose deadline has passed is *late*, and counts no more. Nobody watches for that. A call that finds no place
//! [takes back](Permits::take_back) the places of late calls. It also takes back those of waiters that did not look before their
//! wait was over. A place is given back once, by the one who removes its deadline from [`Moments`] or its waiter from those who
//! were handed a place. That is its holder, or a call that takes it back. Exact under every interleaving.
//!
//! [`Moments`]: super::moments::Moments

#![expect(clippy::cast_possible_truncation, reason = "a count of calls in flight fits")]

pub(crate) mod counted;
mod queue;
mod shares;
mod waits;
mod word;

use std::task::Waker;

pub(crate) use self::queue::Ticket;
use self::queue::{Queue, Waiter};
pub(crate) use self::shares::Shares;
use self::waits::Waits;
use self::word::Word;
use super::criticality::Criticality;
use super::keys::Retention;
use super::moments::Held;
use crate::sync::{Arc, AtomicU64, OnceLock, Ordering};
use crate::time::{Nanos, Now};

/// What a call got that asked for a place and is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    Entered,
    Waiting(Ticket),
    QueueFull,
}

/// What has become of one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Waiting,
    Entered,
    /// It was pushed out, or its wait was over before it saw its place.
    Lost,
}

#[derive(Debug)]
struct BuiltWith {
    limit: usize,
    shares: Shares,
}

#[derive(Debug)]
pub(crate) struct Permits {
    word: AtomicU64,
    /// What all keys have in common.
    built_with: Arc<BuiltWith>,
    /// Made when a call first waits.
    waits: OnceLock<Box<Waits>>,
}

impl Permits {
    pub(crate) fn new(limit: usize) -> Self {
        Self::shared(limit, Shares::NONE)
    }

    /// As many as the limit. Each class may fill its share of them.
    pub(crate) fn shared(limit: usize, shares: Shares) -> Self {
        Self::built_with(Arc::new(BuiltWith { limit, shares }))
    }

    fn built_with(built_with: Arc<BuiltWith>) -> Self {
        let word = AtomicU64::new(Word::new(built_with.limit, &built_with.shares).0);
        let permits = Self { word, built_with, waits: OnceLock::new() };
        if cfg!(all(loom, test)) {
            // A model does not see that they are made before they are read.
            permits.waits();
        }
        permits
    }

    /// As many as these were built with, all free.
    pub(crate) fn fork(&self) -> Self {
        Self::built_with(Arc::clone(&self.built_with))
    }

    /// How long those of a key are kept: resized by hand, they stay.
    pub(crate) fn retention(&self) -> Retention {
        let is_resized = self.word().limit() != Word::new(self.built_with.limit, self.shares()).limit();
        if is_resized { Retention::Until(Nanos::MAX) } else { Retention::Free }
    }

    /// Takes a place, if there is one and no class counts. If not, it says whether there is [more to ask](Self::try_enter_as).
    #[inline(always)]
    pub(crate) fn try_enter_at_once(&self) -> Result<(), bool> {
        self.update(Word::entered).map(drop).map_err(Word::has_more_to_ask)
    }

    /// Takes a place for a call of this class, if its share is free and nobody waits who goes first.
    pub(crate) fn try_enter_as(&self, class: Criticality) -> bool {
        self.update(|word| word.entered_by(class, self.shares())).is_ok()
    }

    /// Whether so many places are taken, and no more, as a class may fill; not by the calls of higher ones.
    pub(crate) fn are_filled_by(&self, class: Criticality) -> bool {
        self.word().is_filled_by(class, self.shares())
    }

    /// Whether calls may be late, so that places can be [taken back](Self::take_back).
    pub(crate) fn may_be_late(&self) -> bool {
        self.word().may_be_late()
    }

    /// Gives a place back. Returns the waker of the waiter that it was handed to.
    #[inline(always)]
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn leave(&self) -> Option<Waker> {
        // Release pairs with Acquire in `update`: a call that takes a place sees all that was done in it before.
        let before = Word(self.word.fetch_sub(Word::ONE, Ordering::Release));
        if before.is_waited_for() { self.grant() } else { None }
    }

    /// Keeps the deadline of a call that holds a place, and ends by [`leave_timed`](Self::leave_timed).
    pub(crate) fn hold(&self, until: Nanos) -> Held {
        if until == Nanos::MAX { Held::FOR_EVER } else { self.waits().deadlines.hold(until) }
    }

    /// As [`leave`](Self::leave), by a call whose deadline is kept: it gives its place back unless that was taken back.
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn leave_timed(&self, held: Held) -> Option<Waker> {
        let is_held = held == Held::FOR_EVER || self.waits().deadlines.release(held);
        if is_held { self.leave() } else { None }
    }

    /// Takes a place for a call of this class, or joins the queue until then if it holds fewer than `max_queue`.
    ///
    /// In a full queue it pushes out the newest of the lowest class, if that class is lower than its own, and returns whom to wake.
    pub(crate) fn join_as(
        &self,
        class: Criticality,
        max_queue: usize,
        waker: Waker,
        until: Nanos,
    ) -> (Joined, Option<Waker>) {
        let mut queue = self.waits().queue.lock();
        let is_full = queue.len() >= max_queue;
        let last = if is_full { queue.last_below(class) } else { None };
        let may_wait = !is_full || last.is_some();
        let entered = |word: Word| word.entered_by(class, self.shares());
        match self.update(|word| entered(word).or_else(|| may_wait.then(|| word.waited_for_by(class, true)))) {
            Ok(before) if entered(before).is_some() => (Joined::Entered, None),
            Ok(_) => {
                let pushed_out = last.and_then(|last| self.remove(&mut queue, last));
                let ticket = queue.push(class, Waiter { waker, until });
                (Joined::Waiting(ticket), pushed_out.map(|waiter| waiter.waker))
            }
            Err(_) => (Joined::QueueFull, None),
        }
    }

    /// Looks what has become of a waiter; it sees once that it has entered. If it waits, `waker` is the one to wake.
    pub(crate) fn look(&self, ticket: Ticket, waker: &Waker) -> Seen {
        // A waker is foreign code: it is cloned before the lock, and dropped after it.
        let mut waker = waker.clone();
        let mut queue = self.waits().queue.lock();
        if queue.take_handed(ticket) {
            Seen::Entered
        } else if queue.wake_by(ticket, &mut waker) {
            Seen::Waiting
        } else {
            Seen::Lost
        }
    }

    /// Leaves the queue; a place that was handed over already is handed on, and the waker of its new holder returned.
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn cancel(&self, ticket: Ticket) -> Option<Waker> {
        let mut queue = self.waits().queue.lock();
        let entered = queue.take_handed(ticket);
        let waiter = self.remove(&mut queue, ticket);
        drop(queue);
        drop(waiter);
        if entered { self.leave() } else { None }
    }

    /// Takes a waiter out of the queue, which is locked, if it is in it.
    fn remove(&self, queue: &mut Queue, ticket: Ticket) -> Option<Waiter> {
        let waiter = queue.remove(ticket)?;
        let class = ticket.class();
        self.set(|word| word.waited_for_by(class, queue.has_more(class, 0)));
        Some(waiter)
    }

    /// Changes the limit. If there is room now, [`grant`](Self::grant) it until nobody is left to wake.
    pub(crate) fn resize(&self, limit: usize) {
        self.set(|word| word.limited(limit));
    }

    /// Hands a free place to the first in order who may take it, and who is to be woken.
    #[must_use = "a waiter that is not woken sleeps on"]
    #[inline(never)]
    pub(crate) fn grant(&self) -> Option<Waker> {
        // Who waits for a share that is full costs those who come and go no lock.
        self.word().next(self.shares())?;
        let waits = self.waits.get()?;
        let mut queue = waits.queue.lock();
        let granted = |word: Word| word.granted(self.shares(), |class| queue.has_more(class, 1));
        let before = self.update(granted).ok()?;
        let Waiter { waker, until } = queue.hand(before.next(self.shares())?)?;
        waits.ends_at(until);
        Some(waker)
    }

    /// Takes back the places that count no more. If there were any, [`grant`](Self::grant) them until nobody is left to wake, and
    /// take back again: the wait of one who was handed a place may be over.
    #[must_use = "who waits sleeps on while a place is free"]
    pub(crate) fn take_back(&self, now: Nanos) -> bool {
        let taken = self.waits.get().map_or(0, |waits| waits.take_late(now) as u64);
        // Callers who find nothing late write nothing that others write.
        if taken > 0 {
            self.word.fetch_sub(taken * Word::ONE, Ordering::Release);
        }
        taken > 0
    }

    /// Calls that hold a place and are not late.
    pub(crate) fn in_flight(&self, now: impl Now) -> usize {
        let taken = self.taken() as usize;
        // Each is exact, but calls may come and go between the two.
        taken.saturating_sub(self.waits.get().map_or(0, |waits| waits.count_late(now.now())))
    }

    /// Places that are taken, also by calls that are late.
    #[inline(always)]
    pub(crate) fn taken(&self) -> u64 {
        self.word().in_flight()
    }

    pub(crate) fn queued(&self) -> usize {
        self.waits.get().map_or(0, |waits| waits.queue.lock().len())
    }

    /// The limit; `usize::MAX` where it is as good as unlimited.
    pub(crate) fn limit(&self) -> usize {
        let limit = self.word().limit();
        if limit == Word::MOST { usize::MAX } else { limit as usize }
    }

    fn shares(&self) -> &Shares {
        &self.built_with.shares
    }

    fn waits(&self) -> &Waits {
        self.waits.get_or_init(|| {
            self.set(Word::waited);
            Box::new(Waits::new())
        })
    }

    fn word(&self) -> Word {
        Word(self.word.load(Ordering::Relaxed))
    }

    /// Changes the word in a way that is always possible.
    fn set(&self, change: impl Fn(Word) -> Word) {
        let always = self.update(|word| Some(change(word)));
        debug_assert!(always.is_ok());
    }

    /// Changes the word; only `leave`, which subtracts blindly, does without it. Returns the word before the change, or the word
    /// that stays.
    #[inline(always)]
    fn update(&self, change: impl Fn(Word) -> Option<Word>) -> Result<Word, Word> {
        let change = |word| change(Word(word)).map(|word| word.0);
        // Acquire pairs with Release in `leave`.
        self.word.fetch_update(Ordering::Acquire, Ordering::Relaxed, change).map(Word).map_err(Word)
    }
}
