//! Those who wait until a circuit lets calls pass. The process holds them, so that no circuit is heavier for them.
//!
//! Who waits takes a seat first and looks at the circuit after that. Who changes the circuit looks for seats after that. So one of
//! the two sees the other.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use parking_lot::Mutex;

/// By the address of the circuit, and by the number of the seat. No model checks it, and a static needs a constructor that is
/// `const`: it is not `sync`'s.
static WAITING: Mutex<BTreeMap<usize, BTreeMap<u64, Waker>>> = Mutex::new(BTreeMap::new());

/// Where one waits, until it is woken or leaves.
#[derive(Debug)]
pub(super) struct Seat {
    circuit: usize,
    number: u64,
    is_taken: bool,
}

impl Seat {
    /// A seat among those who wait for the circuit at this address, which lives as long as the seat.
    pub(super) fn at(circuit: usize) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { circuit, number: NEXT.fetch_add(1, Ordering::Relaxed), is_taken: false }
    }

    /// Waits here, to be woken by this.
    pub(super) fn take(&mut self, waker: &Waker) {
        self.is_taken = true;
        let waker = waker.clone();
        let before = WAITING.lock().entry(self.circuit).or_default().insert(self.number, waker);
        // A waker is foreign code: it is cloned and dropped outside the lock.
        drop(before);
    }

    /// Waits no more.
    pub(super) fn leave(&mut self) {
        if mem::take(&mut self.is_taken) {
            drop(self.remove());
        }
    }

    fn remove(&self) -> Option<Waker> {
        let mut waiting = WAITING.lock();
        let seats = waiting.get_mut(&self.circuit)?;
        let waker = seats.remove(&self.number);
        if seats.is_empty() {
            waiting.remove(&self.circuit);
        }
        waker
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Wakes those who wait for the circuit at this address.
#[cold]
pub(super) fn wake(circuit: usize) {
    let woken = WAITING.lock().remove(&circuit);
    woken.into_iter().flat_map(BTreeMap::into_values).for_each(Waker::wake);
}
