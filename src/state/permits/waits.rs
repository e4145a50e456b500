//! What calls that wait need, for a place or for their service.

use super::queue::Queue;
use crate::state::moments::Moments;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

#[derive(Debug)]
pub(super) struct Waits {
    pub(super) queue: Mutex<Queue>,
    /// No wait of one who was handed a place ends before it. It is written under the queue's lock, and read without it.
    earliest: AtomicU64,
    pub(super) deadlines: Moments,
}

impl Waits {
    pub(super) fn new() -> Self {
        let (queue, earliest) = (Mutex::new(Queue::default()), AtomicU64::new(Nanos::MAX.0));
        Self { queue, earliest, deadlines: Moments::new() }
    }

    /// Notes, under the queue's lock, that the wait of one who was handed a place ends then.
    pub(super) fn ends_at(&self, until: Nanos) {
        self.earliest.store(self.earliest().min(until).0, Ordering::Relaxed);
    }

    /// How many places count no more. They are taken from their holders.
    pub(super) fn take_late(&self, now: Nanos) -> usize {
        self.deadlines.take_due(now) + if now < self.earliest() { 0 } else { self.take_handed(now) }
    }

    /// How many places were handed to waiters whose wait is over. They are taken from them.
    fn take_handed(&self, now: Nanos) -> usize {
        let mut queue = self.queue.lock();
        let taken = queue.take_late(now);
        self.earliest.store(queue.earliest().0, Ordering::Relaxed);
        taken
    }

    pub(super) fn count_late(&self, now: Nanos) -> usize {
        self.deadlines.count_due(now) + self.queue.lock().count_late(now)
    }

    fn earliest(&self) -> Nanos {
        Nanos(self.earliest.load(Ordering::Relaxed))
    }
}
