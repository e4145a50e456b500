//! What the process takes from the heap, counted.

use std::alloc::System;
use std::thread;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PAUSE: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heap {
    /// How often it was asked for memory, or for more in the same place.
    pub(crate) allocations: usize,
    /// The bytes that are held.
    pub(crate) bytes: usize,
}

impl Heap {
    pub(crate) fn now() -> Self {
        let stats = ALLOCATOR.stats();
        Self {
            allocations: stats.allocations + stats.reallocations,
            bytes: stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated),
        }
    }

    /// Waits until nothing has changed for a tenth of a second: the thread that started the tests now waits for them.
    pub(crate) fn come_to_rest() {
        let (mut last, mut unchanged) = (Self::now(), 0);
        for _ in 0..2000 {
            thread::sleep(PAUSE);
            let now = Self::now();
            unchanged = if now == last { unchanged + 1 } else { 0 };
            last = now;
            if unchanged == 20 {
                return;
            }
        }
        panic!("ten seconds on, the heap still changes: {last:?}");
    }
}
