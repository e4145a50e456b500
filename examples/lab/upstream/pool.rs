//! Workers and their queue, first come, first served.
//!
//! When a call comes, it is known when a worker will be free for it. So nobody waits here: a call is told when it ends. Times are
//! exact, though tokio's timers count milliseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Pool {
    /// When each worker will be free; none where all calls are worked on at once.
    free_at: Option<BinaryHeap<Reverse<Duration>>>,
    workers: usize,
    queue: Option<usize>,
    /// When the calls end that are here.
    ends: BinaryHeap<Reverse<Duration>>,
}

impl Pool {
    pub(super) fn new(workers: Option<usize>, queue: Option<usize>) -> Self {
        let free_at = workers.map(|workers| vec![Reverse(Duration::ZERO); workers].into());
        Self { free_at, workers: workers.unwrap_or(usize::MAX), queue, ends: BinaryHeap::new() }
    }

    /// The calls that are here, working and queued.
    pub(super) fn busy(&mut self, now: Duration) -> usize {
        while self.ends.peek().is_some_and(|Reverse(end)| *end <= now) {
            self.ends.pop();
        }
        self.ends.len()
    }

    /// When a call ends that comes now, is not worked on before `begins`, and takes so long; `None` where the queue is full.
    pub(super) fn enter(&mut self, now: Duration, begins: Duration, work: Duration) -> Option<Duration> {
        let queued = (self.busy(now) + 1).saturating_sub(self.workers);
        if queued > self.queue.unwrap_or(usize::MAX) {
            return None;
        }
        let free_at = self.free_at.as_mut().map(|free_at| free_at.pop().map_or(Duration::MAX, |Reverse(at)| at));
        let end = free_at.unwrap_or(begins).max(begins).saturating_add(work);
        if let Some(free_at) = &mut self.free_at {
            free_at.push(Reverse(end));
        }
        self.ends.push(Reverse(end));
        Some(end)
    }
}
