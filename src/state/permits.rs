//! The places of a bulkhead, and the calls that wait for one.
//!
//! One word holds what must change together:
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 32..63 | limit | the most that may be in flight |
//! | 1..32 | in flight | places taken, also those handed to a waiter that has not seen it yet |
//! | 0 | queued | a call waits, so no call may enter past the queue |
//!
//! The queue itself is under a lock. `queued` is set by the same update that finds no room, so a call that leaves after it sees
//! it, takes the lock and hands the place on: nobody sleeps while a place is free. A waiter is in the queue until it is
//! handed a place or goes away; one that finds itself gone from the queue has a place. Exact under every interleaving.

#![expect(clippy::cast_possible_truncation, reason = "a count of calls in flight fits")]

use std::collections::BTreeMap;
use std::task::Waker;

use super::keys::Retention;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word(u64);

impl Word {
    const QUEUED: u64 = 1;
    const ONE: u64 = 1 << 1;
    const LIMIT_SHIFT: u32 = 32;
    /// The largest limit and count: as good as unlimited.
    const MOST: u64 = (1 << 31) - 1;

    const fn limit(self) -> u64 {
        self.0 >> Self::LIMIT_SHIFT
    }

    const fn in_flight(self) -> u64 {
        (self.0 / Self::ONE) & Self::MOST
    }

    const fn is_queued(self) -> bool {
        self.0 & Self::QUEUED != 0
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
    waiting: BTreeMap<Ticket, Waker>,
}

#[derive(Debug)]
pub(crate) struct Permits {
    word: AtomicU64,
    /// The limit that it was built with.
    built_with: usize,
    queue: Mutex<Queue>,
}

impl Permits {
    pub(crate) fn new(limit: usize) -> Self {
        let word = AtomicU64::new(Word(0).limited(limit).0);
        Self { word, built_with: limit, queue: Mutex::new(Queue::default()) }
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

    /// Gives a place back. Returns the waker of the waiter that it was handed to.
    #[inline(always)]
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn leave(&self) -> Option<Waker> {
        // Release pairs with Acquire in `update`: a call that takes a place sees all that was done in it before.
        let before = Word(self.word.fetch_sub(Word::ONE, Ordering::Release));
        if before.is_queued() { self.grant() } else { None }
    }

    /// Takes a place, or joins the queue if it holds fewer than `max_queue`.
    pub(crate) fn join(&self, max_queue: usize, waker: Waker) -> Joined {
        let mut queue = self.queue.lock();
        let full = queue.waiting.len() >= max_queue;
        let before = self.update(|word| word.entered_in_turn().or_else(|| (!full).then(|| word.queued(true))));
        match before {
            Ok(before) if before.entered_in_turn().is_some() => Joined::Entered,
            Ok(_) => Joined::Waiting(queue.push(waker)),
            Err(_) => Joined::QueueFull,
        }
    }

    /// Whether the waiter has been handed a place; if not, `waker` is the one to wake.
    pub(crate) fn poll_entered(&self, ticket: Ticket, waker: &Waker) -> bool {
        let mut waker = waker.clone();
        let mut queue = self.queue.lock();
        let waiting = queue.waiting.get_mut(&ticket);
        let entered = waiting.is_none();
        if let Some(old) = waiting {
            std::mem::swap(old, &mut waker);
        }
        // A waker is foreign code: it is dropped after the lock.
        drop(queue);
        entered
    }

    /// Leaves the queue; a place that was handed over already is handed on, and the waker of its new holder returned.
    #[must_use = "a waiter that is not woken sleeps on"]
    pub(crate) fn cancel(&self, ticket: Ticket) -> Option<Waker> {
        let mut queue = self.queue.lock();
        let waker = queue.waiting.remove(&ticket);
        if queue.waiting.is_empty() {
            self.set(|word| word.queued(false));
        }
        drop(queue);
        if waker.is_some() { None } else { self.leave() }
    }

    /// Changes the limit. If there is room now, [`grant`](Self::grant) it until nobody is left to wake.
    pub(crate) fn resize(&self, limit: usize) {
        self.set(|word| word.limited(limit));
    }

    /// Hands a free place to the first in the queue, who is to be woken.
    #[must_use = "a waiter that is not woken sleeps on"]
    #[inline(never)]
    pub(crate) fn grant(&self) -> Option<Waker> {
        self.grant_first(&mut self.queue.lock())
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.word().in_flight() as usize
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.lock().waiting.len()
    }

    /// The limit; `usize::MAX` where it is as good as unlimited.
    pub(crate) fn limit(&self) -> usize {
        let limit = self.word().limit();
        if limit == Word::MOST { usize::MAX } else { limit as usize }
    }

    fn grant_first(&self, queue: &mut Queue) -> Option<Waker> {
        let others = queue.waiting.len().checked_sub(1)?;
        self.update(|word| Some(word.entered()?.queued(others > 0))).ok()?;
        queue.waiting.pop_first().map(|(_, waker)| waker)
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

impl Queue {
    fn push(&mut self, waker: Waker) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.insert(ticket, waker);
        ticket
    }
}
