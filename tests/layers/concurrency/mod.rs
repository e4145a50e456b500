//! Two threads and many tasks on one circuit, one bulkhead and one budget.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod budget;
mod bulkhead;
mod probes;
mod steering;
mod together;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread;

use futures_util::{FutureExt, poll};
use palisade::test_util::EventLog;
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard,
    CircuitHandle, Error, Outcome, Phase, QueueLayer, RejectionReason, RetryLayer,
};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use tower::{Layer, Service, ServiceExt};

use crate::support::services::down;
use crate::support::time::DAY;
use crate::support::{Down, strict};

const TASKS: usize = 16;

/// Runs one task for each number below `TASKS`, on all workers.
async fn tasks<T, Fut>(task: impl Fn(usize) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let mut set = JoinSet::new();
    for n in 0..TASKS {
        set.spawn(task(n));
    }
    set.join_all().await
}

/// Takes so many turns in each task, each with a clone of the service and a number, which differs from task to task.
async fn hammer<S, T, Fut>(
    service: S,
    turns: usize,
    turn: impl Fn(S, usize) -> Fut + Copy + Send + Sync + 'static,
) -> Vec<T>
where
    S: Clone + Send + 'static,
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let turns = tasks(|n| {
        let service = service.clone();
        async move {
            let mut results = Vec::new();
            for number in n..n + turns {
                results.push(turn(service.clone(), number).await);
            }
            results
        }
    });
    turns.await.into_iter().flatten().collect()
}

/// Runs the two at the same moment, on threads of their own.
fn race(one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
    fn run(start: &Barrier, it: impl FnOnce()) {
        start.wait();
        it();
    }
    let start = &Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(move || run(start, one));
        scope.spawn(move || run(start, other));
    });
}

/// Polls a future at most this often, and drops it then.
async fn abandoned_after<Fut: Future>(polls: usize, future: Fut) -> Option<Fut::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll!(&mut future) {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

/// How many are inside now, the most that ever were, and how many came.
#[derive(Clone, Debug, Default)]
struct Gauge(Arc<Readings>);

#[derive(Debug, Default)]
struct Readings {
    now: AtomicUsize,
    most: AtomicUsize,
    came: AtomicUsize,
}

impl Gauge {
    fn enter(&self) -> Inside {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        self.0.came.fetch_add(1, Ordering::SeqCst);
        Inside(self.clone())
    }

    fn now(&self) -> usize {
        self.0.now.load(Ordering::SeqCst)
    }

    fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    fn came(&self) -> usize {
        self.0.came.load(Ordering::SeqCst)
    }
}

struct Inside(Gauge);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Takes a few turns of the scheduler, seen by the gauge; panics after them where it is asked for more than a hundred.
fn gauged(gauge: &Gauge) -> impl Service<usize, Response = (), Error = Down, Future: Send> + Clone + Send + 'static {
    let gauge = gauge.clone();
    strict(move |turns: usize| {
        let gauge = gauge.clone();
        async move {
            let _inside = gauge.enter();
            for _ in 0..turns % 100 {
                yield_now().await;
            }
            assert!(turns < 100, "on purpose");
            Ok(())
        }
    })
}
