//! The deadlines of calls that hold a place.
//!
//! A call that waits for its service keeps its deadline in a slot of the thread on which it waits, under a lock that other
//! threads want only where a call ends on another thread, or where all places are taken. The slot is its own until it leaves. A
//! deadline is taken once: by its call, or by one who looks for late calls. Exact under every interleaving.
//!
//! A thread has as many slots as calls have ever waited on it at once.

#![expect(clippy::cast_possible_truncation, reason = "a count of calls in flight fits")]

use std::mem;

use super::per_thread::PerThread;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// What a call knows of its deadline. It is one word, because guards are moved often.
///
/// | bits | name | meaning |
/// |---|---|---|
/// | 32..64 | thread | the number of the thread in whose slot it is, and one |
/// | 0..32 | slot | |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held(u64);

impl Held {
    /// It has not asked for its deadline yet.
    pub(crate) const NOT_YET: Self = Self(0);
    /// It has no deadline.
    pub(crate) const FOR_EVER: Self = Self(1);

    const fn at(thread: usize, slot: u32) -> Self {
        Self((thread as u64 + 1) << 32 | slot as u64)
    }

    /// The thread and the slot, if it has a deadline.
    const fn slot(self) -> Option<(usize, u32)> {
        match self.0 >> 32 {
            0 => None,
            thread => Some((thread as usize - 1, self.0 as u32)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Deadlines(PerThread<Shard>);

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    /// No deadline here is before it. It is written under the lock, and read without it.
    earliest: AtomicU64,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// `MAX`, which is never late, where the deadline was taken or the slot is free.
    until: Vec<Nanos>,
    free: Vec<u32>,
}

impl Deadlines {
    pub(crate) fn new() -> Self {
        Self(PerThread::new(Shard::new))
    }

    /// Keeps a deadline, which is not `MAX`.
    pub(crate) fn hold(&self, until: Nanos) -> Held {
        let mine = self.0.mine(Shard::new);
        Held::at(mine.place, mine.value.hold(until))
    }

    /// Frees the slot. Returns whether the call still holds its place: otherwise its deadline was taken as late.
    pub(crate) fn release(&self, held: Held) -> bool {
        let Some((thread, slot)) = held.slot() else { return true };
        self.0.get(thread).is_some_and(|shard| shard.slots.lock().release(slot))
    }

    /// Takes all deadlines that are at `now` or past. Returns how many they were.
    pub(crate) fn take_late(&self, now: Nanos) -> usize {
        self.0.each().map(|shard| shard.take_late(now)).sum()
    }

    /// How many deadlines are at `now` or past.
    pub(crate) fn count_late(&self, now: Nanos) -> usize {
        let due = self.0.each().filter(|shard| shard.earliest() <= now);
        due.map(|shard| shard.slots.lock().count_late(now)).sum()
    }
}

impl Shard {
    fn new() -> Self {
        Self { earliest: AtomicU64::new(Nanos::MAX.0), slots: Mutex::new(Slots::default()) }
    }

    fn hold(&self, until: Nanos) -> u32 {
        let mut slots = self.slots.lock();
        if until < self.earliest() {
            self.earliest.store(until.0, Ordering::Relaxed);
        }
        slots.hold(until)
    }

    fn take_late(&self, now: Nanos) -> usize {
        if now < self.earliest() {
            return 0;
        }
        let mut slots = self.slots.lock();
        let taken = slots.take_late(now);
        self.earliest.store(slots.earliest().0, Ordering::Relaxed);
        taken
    }

    fn earliest(&self) -> Nanos {
        Nanos(self.earliest.load(Ordering::Relaxed))
    }
}

impl Slots {
    fn hold(&mut self, until: Nanos) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.until[slot as usize] = until;
            return slot;
        }
        self.until.push(until);
        self.until.len() as u32 - 1
    }

    fn release(&mut self, slot: u32) -> bool {
        self.free.push(slot);
        mem::replace(&mut self.until[slot as usize], Nanos::MAX) != Nanos::MAX
    }

    fn take_late(&mut self, now: Nanos) -> usize {
        self.until.iter_mut().filter(|until| **until <= now).map(|until| *until = Nanos::MAX).count()
    }

    fn count_late(&self, now: Nanos) -> usize {
        self.until.iter().filter(|until| **until <= now).count()
    }

    fn earliest(&self) -> Nanos {
        self.until.iter().copied().min().unwrap_or(Nanos::MAX)
    }
}
