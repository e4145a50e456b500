//! Calls that wait for one thing together.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering}; // no model checks it
use std::task::{Wake, Waker};

use parking_lot::Mutex;

/// The calls that wait, by their numbers. They are woken together.
#[derive(Default)]
pub(super) struct Callers {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, Waker>>,
}

impl Callers {
    pub(super) fn wake_all(&self) {
        // Wakers are foreign code: they run without the lock.
        let waiting = mem::take(&mut *self.waiting.lock());
        waiting.into_values().for_each(Waker::wake);
    }
}

impl Wake for Callers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

/// One of them, until it is dropped.
pub(super) struct Caller<'a> {
    callers: &'a Callers,
    number: u64,
}

impl<'a> Caller<'a> {
    pub(super) fn of(callers: &'a Callers) -> Self {
        Self { callers, number: callers.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// Is to be woken with the others.
    pub(super) fn waits(&self, waker: &Waker) {
        let waker = waker.clone();
        let before = self.callers.waiting.lock().insert(self.number, waker);
        drop(before);
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        let waiting = self.callers.waiting.lock().remove(&self.number);
        drop(waiting);
    }
}
