//! The places of a bulkhead, and the calls that wait for one.
//!
//! One word holds what must change together:
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 32..62 | limit | the most that may be in flight |
//! | 2..32 | in flight | places taken, also those handed to a waiter that has not seen it yet |
//! | 1 | waited | a call has waited, so that calls may be late |
//! | 0 | queued | a call waits, so no call may enter past the queue |
//!
//! The queue itself is under a lock. `queued` is set by the same update that finds no room, so a call that leaves after it sees
//! it, takes the lock and hands the place on: nobody sleeps while a place is free. A waiter is in the queue until it is
//! handed a place or goes away. It is then among those who were handed a place, until it sees the place, goes away or loses it.
//!
//! A call whose deadline has passed is *late*, and counts no more. Nobody watches for that. A call that finds no place
//! [takes back](Permits::take_back) the places of late calls. It also takes back those of waiters that did not look before their
//! wait was over. A place is given back once, by the one who removes its deadline from [`Moments`] or its waiter from those who
//! were handed a place. That is its holder, or a call that takes it back. Exact under every interleaving.

#![expect(clippy::cast_possible_truncation, reason = "a count of calls in flight fits")]

use std::collections::BTreeMap;
use std::mem;
use std::task::Waker;

use super::keys::Retention;
use super::moments::{Held, Moments};
use crate::sync::{AtomicU64, Mutex, OnceLock, Ordering};
use crate::time::{Nanos, Now};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word(u64);

impl Word {
    const QUEUED: u64 = 1;
    const WAITED: u64 = 1 << 1;
    const ONE: u64 = 1 << 2;
    const LIMIT_SHIFT: u32 = 32;
    /// The largest limit and count: as good as unlimited.
    const MOST: u64 = (1 << 30) - 1;

    const fn limit(self) -> u64 {
        self.0 >> Self::LIMIT_SHIFT
    }

    const fn in_flight(self) -> u64 {
        (self.0 / Self::ONE) & Self::MOST
    }

    const fn is_queued(self) -> bool {
        self.0 & Self::QUEUED != 0
    }

    /// Whether a call may be late: one has waited.
    const fn may_be_late(self) -> bool {
        self.0 & Self::WAITED != 0
    }

    const fn has_room(self) -> bool {
        self.in_flight() < self.limit()
    }

    /// One place more is taken, past the queue where there is one.
    fn entered(self) -> Option<Self> {
        self.has_room().then_some(Self(self.0 + Self::ONE))
    }

    /// One place more is taken, unless somebody waits for it.
    fn entered_in_turn(self) -> Option<Self> {
        if self.is_queued() { None } else { self.entered() }
    }

    const fn queued(self, queued: bool) -> Self {
        Self((self.0 & !Self::QUEUED) | queued as u64)
    }

    fn limited(self, limit: usize) -> Self {
        let limit = Self::MOST.min(limit as u64);
        Self((self.0 & u64::from(u32::MAX)) | (limit << Self::LIMIT_SHIFT))
    }
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// What a call got that asked for a place and is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    Entered,
    Waiting(Ticket),
    QueueFull,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    waiting: BTreeMap<Ticket, Waiter>,
    /// Who was handed a place and has not seen it, and when its wait ends.
    handed: BTreeMap<Ticket, Nanos>,
}

#[derive(Debug)]
struct Waiter {
    waker: Waker,
    until: Nanos,
}

/// What calls that wait need, for a place or for their service.
#[derive(Debug)]
struct Waits {
    queue: Mutex<Queue>,
    /// No wait of one who was handed a place ends before it. It is written under the queue's lock, and read without it.
    earliest: AtomicU64,
    deadlines: Moments,
}

#[derive(Debug)]
pub(crate) struct Permits {
    word: AtomicU64,
    /// The limit that it was built with.
    built_with: usize,
    /// Made when a call first waits.
    waits: OnceLock<Box<Waits>>,
}

impl Permits {
    pub(crate) fn new(limit: usize) -> Self {
        let word = AtomicU64::new(Word(0).limited(limit).0);
        let permits = Self { word, built_with: limit, waits: OnceLock::new() };
        if cfg!(all(loom, test)) {
            // A model does not see that they are made before they are read.
            permits.waits();
        }
        permits
    }

    /// As many as these were built with, all free.
    pub(crate) fn fork(&self) -> Self {
        Self::new(self.built_with)
    }

    /// How long those of a key are kept: resized by hand, they stay.
    pub(crate) fn retention(&self) -> Retention {
        let is_resized = self.word().limit() != Word(0).limited(self.built_with).limit();
        if is_resized { Retention::Until(Nanos::MAX) } else { Retention::Free }
    }

    /// Takes a place, if there is one that nobody waits for.
    #[inline(always)]
    pub(crate) fn try_enter(&self) -> bool {
        self.update(Word::entered_in_turn).is_ok()
    }

    /// As [`try_enter`](Self::try_enter). If there is none, it says whether calls may be late.
    #[inline(always)]
    pub(crate) fn try_enter_or_late(&self) -> Result<(), bool> {
        self.update(Word::entered_in_turn).map(drop).map_err(Word::may_be_late)
    }

    /// Gives a place back. Returns the waker of the waiter that it was handed to.
    #[inline(always)]
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn leave(&self) -> Option<Waker> {
        // Release pairs with Acquire in `update`: a call that takes a place sees all that was done in it before.
        let before = Word(self.word.fetch_sub(Word::ONE, Ordering::Release));
        if before.is_queued() { self.grant() } else { None }
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

    /// Takes a place, or joins the queue until then if it holds fewer than `max_queue`.
    pub(crate) fn join(&self, max_queue: usize, waker: Waker, until: Nanos) -> Joined {
        let mut queue = self.waits().queue.lock();
        let full = queue.waiting.len() >= max_queue;
        let before = self.update(|word| word.entered_in_turn().or_else(|| (!full).then(|| word.queued(true))));
        match before {
            Ok(before) if before.entered_in_turn().is_some() => Joined::Entered,
            Ok(_) => Joined::Waiting(queue.push(Waiter { waker, until })),
            Err(_) => Joined::QueueFull,
        }
    }

    /// Whether the waiter has been handed a place that is still its own, which it sees once; if it waits, `waker` is the one to
    /// wake.
    pub(crate) fn poll_entered(&self, ticket: Ticket, waker: &Waker) -> bool {
        let mut waker = waker.clone();
        let mut queue = self.waits().queue.lock();
        let entered = queue.handed.remove(&ticket).is_some();
        if let Some(waiter) = queue.waiting.get_mut(&ticket) {
            mem::swap(&mut waiter.waker, &mut waker);
        }
        // A waker is foreign code: it is dropped after the lock.
        drop(queue);
        entered
    }

    /// Leaves the queue; a place that was handed over already is handed on, and the waker of its new holder returned.
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn cancel(&self, ticket: Ticket) -> Option<Waker> {
        let mut queue = self.waits().queue.lock();
        let waiter = queue.waiting.remove(&ticket);
        let entered = queue.handed.remove(&ticket).is_some();
        if queue.waiting.is_empty() {
            self.set(|word| word.queued(false));
        }
        drop(queue);
        drop(waiter);
        if entered { self.leave() } else { None }
    }

    /// Changes the limit. If there is room now, [`grant`](Self::grant) it until nobody is left to wake.
    pub(crate) fn resize(&self, limit: usize) {
        self.set(|word| word.limited(limit));
    }

    /// Hands a free place to the first in the queue, who is to be woken.
    #[must_use = "a waiter that is not woken sleeps on"]
    #[inline(never)]
    pub(crate) fn grant(&self) -> Option<Waker> {
        let waits = self.waits.get()?;
        let mut queue = waits.queue.lock();
        let others = queue.waiting.len().checked_sub(1)?;
        self.update(|word| Some(word.entered()?.queued(others > 0))).ok()?;
        let (ticket, Waiter { waker, until }) = queue.waiting.pop_first()?;
        queue.handed.insert(ticket, until);
        waits.earliest.store(waits.earliest().min(until).0, Ordering::Relaxed);
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
        let taken = self.word().in_flight() as usize;
        // Each is exact, but calls may come and go between the two.
        taken.saturating_sub(self.waits.get().map_or(0, |waits| waits.count_late(now.now())))
    }

    pub(crate) fn queued(&self) -> usize {
        self.waits.get().map_or(0, |waits| waits.queue.lock().waiting.len())
    }

    /// The limit; `usize::MAX` where it is as good as unlimited.
    pub(crate) fn limit(&self) -> usize {
        let limit = self.word().limit();
        if limit == Word::MOST { usize::MAX } else { limit as usize }
    }

    fn waits(&self) -> &Waits {
        self.waits.get_or_init(|| {
            self.set(|word| Word(word.0 | Word::WAITED));
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

impl Waits {
    fn new() -> Self {
        let (queue, earliest) = (Mutex::new(Queue::default()), AtomicU64::new(Nanos::MAX.0));
        Self { queue, earliest, deadlines: Moments::new() }
    }

    /// How many places count no more. They are taken from their holders.
    fn take_late(&self, now: Nanos) -> usize {
        self.deadlines.take_due(now) + if now < self.earliest() { 0 } else { self.take_handed(now) }
    }

    /// How many places were handed to waiters whose wait is over. They are taken from them.
    fn take_handed(&self, now: Nanos) -> usize {
        let mut queue = self.queue.lock();
        let before = queue.handed.len();
        queue.handed.retain(|_, until| now < *until);
        let earliest = queue.handed.values().min().copied();
        self.earliest.store(earliest.unwrap_or(Nanos::MAX).0, Ordering::Relaxed);
        before - queue.handed.len()
    }

    fn count_late(&self, now: Nanos) -> usize {
        let handed = self.queue.lock().handed.values().filter(|until| **until <= now).count();
        self.deadlines.count_due(now) + handed
    }

    fn earliest(&self) -> Nanos {
        Nanos(self.earliest.load(Ordering::Relaxed))
    }
}

impl Queue {
    fn push(&mut self, waiter: Waiter) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.insert(ticket, waiter);
        ticket
    }
}
