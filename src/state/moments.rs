//! The moments at which something happens to calls in flight: a deadline, or when a response has streamed for long enough.
//!
//! A call that waits for its service keeps its moment in a slot of the thread on which it waits, under a lock that other
//! threads want only where a call ends on another thread, or where somebody looks for moments that have come. The slot is its own
//! until it leaves. A moment is taken once: by its call, or by one who looks. Exact under every interleaving.
//!
//! A thread has as many slots as calls have ever waited on it at once.

#![expect(clippy::cast_possible_truncation, reason = "a count of calls in flight fits")]

use std::mem;

use super::per_thread::PerThread;
use crate::sync::{AtomicU64, Mutex, OnceLock, Ordering};
use crate::time::Nanos;

/// What a call knows of its moment. It is one word, because guards are moved often.
///
/// | bits | name | meaning |
/// |---|---|---|
/// | 32..64 | thread | the number of the thread in whose slot it is, and one |
/// | 0..32 | slot | |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held(u64);

impl Held {
    /// It has not asked for its moment yet.
    pub(crate) const NOT_YET: Self = Self(0);
    /// It has no moment.
    pub(crate) const FOR_EVER: Self = Self(1);

    /// How many bits it has, at most.
    pub(crate) const BITS: u32 = 40;

    pub(crate) const fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    const fn at(thread: usize, slot: u32) -> Self {
        Self((thread as u64 + 1) << 32 | slot as u64)
    }

    /// The thread and the slot, if it has a moment.
    const fn slot(self) -> Option<(usize, u32)> {
        match self.0 >> 32 {
            0 => None,
            thread => Some((thread as usize - 1, self.0 as u32)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Moments(PerThread<Shard>);

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    /// No moment here is before it. It is written under the lock, and read without it.
    earliest: AtomicU64,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// `MAX`, which never comes, where the moment was taken or the slot is free.
    at: Vec<Nanos>,
    free: Vec<u32>,
}

/// The last moment that comes.
const LAST: Nanos = Nanos(Nanos::MAX.0 - 1);

impl Moments {
    pub(crate) fn new() -> Self {
        Self(PerThread::new(Shard::new))
    }

    /// Made when they are first needed, but for a model, which does not see that they are made before they are read.
    pub(crate) fn later() -> OnceLock<Box<Self>> {
        let later = OnceLock::new();
        if cfg!(all(loom, test)) {
            later.get_or_init(|| Box::new(Self::new()));
        }
        later
    }

    /// Takes all moments.
    pub(crate) fn clear(&self) {
        self.take_due(LAST);
    }

    /// Keeps a moment, which is not `MAX`.
    pub(crate) fn hold(&self, at: Nanos) -> Held {
        let mine = self.0.mine(Shard::new);
        Held::at(mine.place, mine.value.hold(at))
    }

    /// Frees the slot. Returns whether the moment was still the call's own: otherwise it was taken.
    pub(crate) fn release(&self, held: Held) -> bool {
        let Some((thread, slot)) = held.slot() else { return true };
        self.0.get(thread).is_some_and(|shard| shard.slots.lock().release(slot))
    }

    /// Takes all moments that are at `now` or past. Returns how many they were.
    pub(crate) fn take_due(&self, now: Nanos) -> usize {
        self.0.each().map(|shard| shard.take_due(now.min(LAST))).sum()
    }

    /// Whether there are none, so that nobody need know the time.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.each().all(|shard| shard.earliest() == Nanos::MAX)
    }

    /// How many moments are still to come, or to be taken.
    pub(crate) fn count(&self) -> usize {
        self.count_due(LAST)
    }

    /// How many moments are at `now` or past.
    pub(crate) fn count_due(&self, now: Nanos) -> usize {
        let now = now.min(LAST);
        let due = self.0.each().filter(|shard| shard.earliest() <= now);
        due.map(|shard| shard.slots.lock().count_due(now)).sum()
    }
}

impl Shard {
    fn new() -> Self {
        Self { earliest: AtomicU64::new(Nanos::MAX.0), slots: Mutex::new(Slots::default()) }
    }

    fn hold(&self, at: Nanos) -> u32 {
        let mut slots = self.slots.lock();
        if at < self.earliest() {
            self.earliest.store(at.0, Ordering::Relaxed);
        }
        slots.hold(at)
    }

    fn take_due(&self, now: Nanos) -> usize {
        if now < self.earliest() {
            return 0;
        }
        let mut slots = self.slots.lock();
        let taken = slots.take_due(now);
        self.earliest.store(slots.earliest().0, Ordering::Relaxed);
        taken
    }

    fn earliest(&self) -> Nanos {
        Nanos(self.earliest.load(Ordering::Relaxed))
    }
}

impl Slots {
    fn hold(&mut self, at: Nanos) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.at[slot as usize] = at;
            return slot;
        }
        self.at.push(at);
        self.at.len() as u32 - 1
    }

    fn release(&mut self, slot: u32) -> bool {
        self.free.push(slot);
        mem::replace(&mut self.at[slot as usize], Nanos::MAX) != Nanos::MAX
    }

    fn take_due(&mut self, now: Nanos) -> usize {
        self.at.iter_mut().filter(|at| **at <= now).map(|at| *at = Nanos::MAX).count()
    }

    fn count_due(&self, now: Nanos) -> usize {
        self.at.iter().filter(|at| **at <= now).count()
    }

    fn earliest(&self) -> Nanos {
        self.at.iter().copied().min().unwrap_or(Nanos::MAX)
    }
}
