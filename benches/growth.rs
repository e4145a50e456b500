//! How the cost of a call grows with what there is: calls in the window, waiters in the queue, circuits that are open.
//!
//! What it does with the number of threads, `contention.rs` tells.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

#[expect(dead_code, reason = "it uses a part of it")]
mod support;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use palisade::bulkhead::QueueingBulkhead;
use palisade::{BulkheadLayer, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, Error};
use support::{Down, Inner, answered, bare, calls, open, rejected, runtime};
use tokio::runtime::Runtime;
use tokio::task::unconstrained;
use tower::{Layer, Service, service_fn};

const WINDOWS: [u32; 4] = [10, 1_000, 100_000, 1_000_000];
/// The fewest calls that are timed at once, because reading the clock takes as long as a call.
const TURN: u64 = 64;

/// Fails for every second request.
fn one_in_two() -> Inner<Down> {
    service_fn(|n| ready(if n % 2 == 0 { Err(Down) } else { Ok(n) }))
}

fn answered_or_failed(n: u64, result: &Result<u64, Error>) -> bool {
    if n % 2 == 0 { result.is_err() } else { answered(n, result) }
}

fn timed<S, F>(runtime: &Runtime, service: &mut S, count: u64, intended: F) -> Duration
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool,
{
    let start = Instant::now();
    runtime.block_on(unconstrained(calls(service, count, intended)));
    start.elapsed()
}

/// A breaker that opens only when all results are failures.
fn builder() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("window").failure_rate(1.0).min_calls(10)
}

/// Windows of the last n calls, which were full before.
fn count_window(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("count window");
    let runtime = runtime();
    for len in WINDOWS {
        let layer = || builder().count_window(len).build().expect("legal");
        let mut well = layer().layer(bare());
        timed(&runtime, &mut well, len.into(), answered);
        group.bench_function(BenchmarkId::new("well", len), |bencher| {
            bencher.iter_custom(|iterations| timed(&runtime, &mut well, iterations, answered));
        });
        let mut failing = layer().layer(one_in_two());
        timed(&runtime, &mut failing, len.into(), answered_or_failed);
        group.bench_function(BenchmarkId::new("1 in 2 failing", len), |bencher| {
            bencher.iter_custom(|iterations| timed(&runtime, &mut failing, iterations, answered_or_failed));
        });
    }
}

/// Windows of time that hold n calls, and at most as many again or a few.
fn time_window(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("time window");
    let runtime = runtime();
    for held in WINDOWS {
        let layer = || builder().build().expect("legal");
        group.bench_function(BenchmarkId::new("well", held), |bencher| {
            bencher.iter_custom(|iterations| holding(&runtime, held, iterations, || layer().layer(bare()), answered));
        });
        group.bench_function(BenchmarkId::new("1 in 2 failing", held), |bencher| {
            let service = || layer().layer(one_in_two());
            bencher.iter_custom(|iterations| holding(&runtime, held, iterations, service, answered_or_failed));
        });
    }
}

/// Times calls of services that have had so many calls before; when they have had twice as many, a new one takes its place.
fn holding<S, F>(runtime: &Runtime, held: u32, iterations: u64, service: impl Fn() -> S, intended: F) -> Duration
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy,
{
    let turn = TURN.max(held.into());
    let turns = iterations.div_ceil(turn);
    let mut total = Duration::ZERO;
    for _ in 0..turns {
        let mut service = service();
        timed(runtime, &mut service, held.into(), intended);
        total += timed(runtime, &mut service, turn, intended);
    }
    // Criterion divides by the iterations, and there were some more.
    total.mul_f64(ratio(iterations, turns * turn))
}

#[expect(clippy::cast_precision_loss, reason = "there are not so many")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// A service whose calls go to many in turn.
struct InTurn<S> {
    services: Vec<S>,
    next: usize,
}

impl<S: Service<u64>> Service<u64> for InTurn<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.services[self.next].poll_ready(cx)
    }

    fn call(&mut self, n: u64) -> S::Future {
        let called = self.next;
        self.next = if called + 1 < self.services.len() { called + 1 } else { 0 };
        self.services[called].call(n)
    }
}

fn open_circuits(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("open circuits, in turn");
    let runtime = runtime();
    for circuits in [1, 100, 10_000] {
        let services: Vec<CircuitBreaker<_>> = (0..circuits).map(|_| open()).collect();
        let mut in_turn = InTurn { services, next: 0 };
        group.bench_function(BenchmarkId::from_parameter(circuits), |bencher| {
            bencher.iter_custom(|iterations| timed(&runtime, &mut in_turn, iterations, rejected));
        });
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicU64);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

type Queueing = QueueingBulkhead<Inner<Infallible>>;
type Waiting = Pin<Box<<Queueing as Service<u64>>::Future>>;

/// A queue before a single place.
struct Line {
    service: Queueing,
    waiting: VecDeque<Waiting>,
    woken: Arc<Woken>,
}

impl Line {
    /// As many as that wait, and the first of them was handed the place.
    fn of(waiters: usize) -> Self {
        let layer = BulkheadLayer::builder(1).max_queue(waiters).build().expect("legal");
        let place = layer.handle().try_enter().expect("nobody is in");
        let mut line =
            Self { service: layer.layer(bare()), waiting: VecDeque::with_capacity(waiters), woken: Arc::default() };
        for _ in 0..waiters {
            let waiting = Box::pin(line.service.call(1));
            line.join(waiting);
        }
        drop(place);
        line
    }

    fn poll(&self, waiting: &mut Waiting) -> Poll<Result<u64, Error>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        waiting.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn join(&mut self, mut waiting: Waiting) {
        assert!(self.poll(&mut waiting).is_pending(), "there was a place");
        self.waiting.push_back(waiting);
    }

    /// The first has its turn and hands the place on, and another joins.
    fn turn(&mut self) {
        let mut first = self.waiting.pop_front().expect("somebody waits");
        let result = self.poll(&mut first);
        assert!(matches!(result, Poll::Ready(Ok(1))), "the first was not handed the place");
        first.set(self.service.call(1));
        self.join(first);
    }

    /// The one in the middle goes away, and another joins.
    fn give_up(&mut self) {
        let middle = self.waiting.len() / 2;
        let mut gone = self.waiting.swap_remove_back(middle).expect("somebody waits");
        gone.set(self.service.call(1));
        self.join(gone);
    }

    fn timed(&mut self, iterations: u64, change: fn(&mut Self), wakes: u64) -> Duration {
        let before = self.woken.0.load(Ordering::Relaxed);
        let start = Instant::now();
        for _ in 0..iterations {
            change(self);
        }
        let took = start.elapsed();
        assert_eq!(self.woken.0.load(Ordering::Relaxed) - before, iterations * wakes, "others were woken");
        took
    }
}

fn queue(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("waiters in a queue");
    for waiters in [10, 1_000, 100_000] {
        let mut line = Line::of(waiters);
        group.bench_function(BenchmarkId::new("one is handed the place, and one joins", waiters), |bencher| {
            bencher.iter_custom(|iterations| line.timed(iterations, Line::turn, 1));
        });
        let mut line = Line::of(waiters);
        group.bench_function(BenchmarkId::new("one gives up, and one joins", waiters), |bencher| {
            bencher.iter_custom(|iterations| line.timed(iterations, Line::give_up, 0));
        });
    }
}

criterion_group!(benches, count_window, time_window, queue, open_circuits);
criterion_main!(benches);
