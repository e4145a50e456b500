//! What is allocated.

use std::alloc::System;
use std::time::SystemTime;

use palisade::Registry;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::time::sleep;

use crate::ms;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What the process holds of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Heap {
    blocks: usize,
    bytes: usize,
}

impl Heap {
    fn now() -> Self {
        let stats = ALLOCATOR.stats();
        let blocks = stats.allocations.wrapping_sub(stats.deallocations);
        Self { blocks, bytes: stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated) }
    }

    /// What it holds once nothing has changed for a second.
    pub(crate) async fn at_rest() -> Self {
        let (mut last, mut unchanged) = (Self::now(), 0);
        for _ in 0..600 {
            sleep(ms(50)).await;
            let now = Self::now();
            unchanged = if now == last { unchanged + 1 } else { 0 };
            last = now;
            if unchanged == 20 {
                return now;
            }
        }
        panic!("half a minute on, the heap still changes: {last:?}");
    }

    /// The same with the histories of instances, which have told so much since, of so much in all. Each happening may own two texts, and a
    /// history takes room ahead.
    pub(crate) const fn with_history(self, before: usize, told: usize) -> Self {
        Self { blocks: self.blocks + 2 * told.saturating_sub(before), bytes: self.bytes + 512 * told }
    }

    /// Whether it is no more than before, but for what the runtime and the client keep or not, as chance has it.
    pub(crate) fn is_within(self, before: Self) -> bool {
        self.blocks <= before.blocks + 32 && self.bytes <= before.bytes + 8192
    }
}

/// How much the instances of a registry have told, as far as they keep it.
#[expect(clippy::disallowed_methods, reason = "a timeline is asked for by the time of the wall")]
pub(crate) fn told(registry: &Registry) -> usize {
    registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::now()).happenings.len()
}
