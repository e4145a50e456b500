//! Futures that run beside each other in one task.

use std::mem;
use std::pin::Pin;
use std::sync::Arc; // no model checks a queue
use std::sync::atomic::{AtomicBool, Ordering}; // no model checks a queue
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex; // no model checks a queue

/// Futures that run beside each other in one task. Only those that were woken are polled.
pub(super) struct Running<F> {
    slots: Vec<Slot<F>>,
    task: Arc<Mutex<Waker>>,
}

struct Slot<F> {
    // Boxed so that it stays where it is while others come and go. It reads and writes a store, which takes far longer.
    future: Pin<Box<F>>,
    woken: Arc<Woken>,
}

/// Whether a future was woken, and the task that polls it.
struct Woken {
    is_woken: AtomicBool,
    task: Arc<Mutex<Waker>>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        // Pairs with the swap of who polls: what comes before the wake is seen by the poll.
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            // The lock is free by the time of the wake, because a waker may poll at once.
            let task = self.task.lock().clone();
            task.wake();
        }
    }
}

impl<F: Future> Running<F> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), task: Arc::new(Mutex::new(Waker::noop().clone())) }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn push(&mut self, future: F) {
        let woken = Arc::new(Woken { is_woken: AtomicBool::new(true), task: Arc::clone(&self.task) });
        self.slots.push(Slot { future: Box::pin(future), woken });
    }

    /// Polls those that were woken. Is ready once some have ended, with what they gave.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        // Before the slots are looked at: a slot that is woken after that finds this task.
        let before = mem::replace(&mut *self.task.lock(), cx.waker().clone());
        drop(before);
        let mut ended = Vec::new();
        self.slots.retain_mut(|Slot { future, woken }| {
            if !woken.is_woken.swap(false, Ordering::AcqRel) {
                return true;
            }
            let polled = future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(woken))));
            let Poll::Ready(output) = polled else { return true };
            ended.push(output);
            false
        });
        if ended.is_empty() { Poll::Pending } else { Poll::Ready(ended) }
    }
}
