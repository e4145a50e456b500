//! What an idle layer holds of the heap: bytes once it is built, and after one call from one thread.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::any::Any;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::{Ready, ready};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use palisade::{
    BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, Error, FallbackLayer, MeasureLayer, RateLimitLayer,
    RetryLayer, ThrottleLayer, TimeoutLayer,
};
use tokio::runtime::{Builder, Runtime};
use tower::util::ServiceFn;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::heap::Heap;
use crate::support::alone::alone;

const KIB: usize = 1024;
const LIMIT: Duration = Duration::from_secs(1);

type Inner = ServiceFn<fn(u64) -> Ready<Result<u64, Infallible>>>;

fn inner() -> Inner {
    service_fn(|n| ready(Ok(n)))
}

/// What is held for each kind of layer.
struct Scales {
    runtime: Runtime,
    held: Vec<Held>,
    /// All that was weighed, because the heap shrinks when what a thread keeps of them makes room for others.
    alive: Vec<Box<dyn Any>>,
}

#[derive(Clone, Copy)]
struct Held {
    name: &'static str,
    built: usize,
    called: usize,
    most: usize,
}

impl Held {
    /// What this has and the other has not.
    fn without(self, other: Self, name: &'static str, most: usize) -> Self {
        Self { name, built: self.built - other.built, called: self.called - other.called, most }
    }
}

impl Scales {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        Self { runtime, held: Vec::new(), alive: Vec::new() }
    }

    /// Weighs a layer, which shall hold at most so many bytes.
    fn weigh<L>(&mut self, name: &'static str, most: usize, make: impl Fn() -> L) -> Held
    where
        L: Layer<Inner, Service: Service<u64, Response = u64, Error = Error> + Clone> + 'static,
    {
        // The first of its kind allocates what the thread keeps for all.
        let first = make();
        self.call(&first);
        let before = Heap::now().bytes;
        let layer = make();
        let built = Heap::now().bytes - before;
        self.call(&layer);
        let called = Heap::now().bytes - before;
        let held = Held { name, built, called, most };
        self.held.push(held);
        self.alive.push(Box::new((first, layer)));
        held
    }

    fn call<L>(&self, layer: &L)
    where
        L: Layer<Inner, Service: Service<u64, Response = u64, Error = Error>>,
    {
        let answer = self.runtime.block_on(layer.layer(inner()).oneshot(1));
        assert_eq!(answer.unwrap(), 1);
    }

    /// Weighs a breaker whose one call comes from the fifth thread of those that have called something.
    fn weigh_on_a_fifth_thread(&mut self, name: &'static str, most: usize) {
        let make = breaker(|builder| builder);
        let (first, before) = (make(), Heap::now().bytes);
        let layer = make();
        let built = Heap::now().bytes - before;
        let here = Barrier::new(5);
        let called = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    Self::new().call(&first);
                    here.wait();
                    here.wait();
                });
            }
            here.wait();
            let fifth = scope.spawn(|| {
                let scales = Self::new();
                scales.call(&first);
                let before = Heap::now().bytes;
                scales.call(&layer);
                Heap::now().bytes - before
            });
            let called = fifth.join().unwrap();
            here.wait();
            called
        });
        self.held.push(Held { name, built, called: built + called, most });
    }

    /// Fails where something is too heavy.
    fn hold(&self) {
        let mut table = String::new();
        for Held { name, built, called, most } in &self.held {
            writeln!(table, "{name}: {built} bytes built, {called} after a call, of {most}").unwrap();
        }
        assert!(self.held.iter().all(|held| held.called <= held.most), "too heavy:\n{table}");
    }
}

fn breaker(set: impl Fn(CircuitBreakerBuilder) -> CircuitBreakerBuilder) -> impl Fn() -> CircuitBreakerLayer {
    move || set(CircuitBreakerLayer::builder("idle")).build().unwrap()
}

/// One test for all layers, because what is counted is the memory of the whole process.
#[test]
fn an_idle_breaker_fits_in_a_kibibyte_and_others_in_half_of_one() {
    alone(module_path!(), "an_idle_breaker_fits_in_a_kibibyte_and_others_in_half_of_one", || {
        Heap::come_to_rest();
        let mut scales = Scales::new();
        scales.weigh("breaker, consecutive", KIB, || CircuitBreakerLayer::consecutive(5));
        scales.weigh("breaker, time window", KIB, breaker(|builder| builder));
        scales.weigh("breaker, time window, slow rate", KIB, breaker(|builder| builder.slow_rate(0.5, LIMIT)));
        scales.weigh("breaker, count window", KIB, breaker(|builder| builder.count_window(100)));
        scales.weigh("bulkhead", KIB / 2, || BulkheadLayer::new(64));
        scales.weigh("bulkhead with a queue", KIB / 2, || BulkheadLayer::builder(64).max_wait(LIMIT).build().unwrap());
        scales.weigh("rate limit", KIB / 2, || RateLimitLayer::per_second(100));
        // With the draws of its threads, which its keys share.
        scales.weigh("throttle", 3 * KIB, || ThrottleLayer::builder("idle").build().unwrap());
        let unbounded = || RetryLayer::builder("idle").without_budget().build().unwrap();
        let alone = scales.weigh("retry without budget", KIB / 2, unbounded);
        let with_budget = scales.weigh("retry and its budget", KIB, || RetryLayer::builder("idle").build().unwrap());
        scales.held.push(with_budget.without(alone, "budget", KIB / 2));
        // With the histogram of its thread.
        scales.weigh("measure", 5 * KIB, || MeasureLayer::new("idle").unwrap());
        scales.weigh("timeout", KIB / 2, || TimeoutLayer::new(LIMIT));
        scales.weigh("fallback", KIB / 2, || FallbackLayer::value(0));
        scales.weigh_on_a_fifth_thread("breaker, called by a fifth thread", KIB);
        scales.hold();
    });
}
