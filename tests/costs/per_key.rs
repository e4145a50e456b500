//! What a key holds of the heap, and what a call takes from it.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::thread;
use std::time::Duration;

use palisade::call::{Fork, Plain, Settings};
use palisade::{
    Adaptive, Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Error, Outcome, PerKeyBuilder, PerKeyLayer, Rate,
    RateLimitLayer, RetryLayer, ThrottleLayer,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::advance;
use tower::util::ServiceFn;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::heap::Heap;
use crate::support::alone::alone;

const KEYS: u32 = 1000;
const IDLE: Duration = Duration::from_secs(60);

type Key = fn(&u32) -> u32;
type Inner = ServiceFn<fn(u32) -> Ready<Result<u32, Infallible>>>;

fn inner() -> Inner {
    service_fn(|key| ready(Ok(key)))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "keys are taken by reference")]
fn key(request: &u32) -> u32 {
    *request
}

/// What a key costs, with its share of the map: bytes once one thread has called, and for each further thread that does.
#[derive(Debug)]
struct Cost {
    first: usize,
    further: usize,
}

/// Brings keys, calls again, lets the keys go; tells what each has cost.
fn weigh<T>(runtime: &Runtime, make: impl Fn() -> PerKeyBuilder<T, Plain, u32, Key>) -> Cost
where
    T: Settings<Limit: Fork>,
    PerKeyLayer<u32, Key, T::Limit, Plain, T::Entry>:
        Layer<Inner, Service: Service<u32, Response = u32, Error = Error> + Send>,
{
    let layer = make().capacity(KEYS as usize).idle(IDLE).build().unwrap();
    let handle = layer.handle();
    let mut service = layer.layer(inner());
    let mut call = |key| assert_eq!(runtime.block_on(async { service.ready().await?.call(key).await }).unwrap(), key);
    let before = Heap::now();
    (0..KEYS).for_each(&mut call);
    let held = Heap::now().bytes - before.bytes;
    // It goes through the model, whose first call allocates.
    call(KEYS);
    let further = by_another_thread(layer.layer(inner()));
    let warm = Heap::now();
    for _ in 0..3 {
        (0..KEYS).for_each(&mut call);
        (KEYS..2 * KEYS).for_each(&mut call);
    }
    assert_eq!(Heap::now(), warm, "a call whose key is known, or has no room, allocates nothing");
    assert_eq!(handle.len(), KEYS as usize);
    runtime.block_on(advance(IDLE));
    call(0);
    runtime.block_on(advance(IDLE));
    call(KEYS);
    assert_eq!(handle.len(), 1, "all but the last were idle");
    let left = Heap::now().bytes - before.bytes;
    assert!(left < held / 4, "{left} of {held} bytes are still held for a single key");
    Cost { first: held / KEYS as usize, further }
}

/// Calls each key from another thread; tells the bytes that a key holds for it.
fn by_another_thread<S>(service: S) -> usize
where
    S: Service<u32, Response = u32, Error = Error> + Send,
{
    let calls = |mut service: S| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let mut call =
            |key| assert_eq!(runtime.block_on(async { service.ready().await?.call(key).await }).unwrap(), key);
        // What the thread keeps for itself, and what the model and the name hold for it, comes first.
        call(KEYS);
        call(0);
        let before = Heap::now().bytes;
        (0..KEYS).for_each(call);
        Heap::now().bytes - before
    };
    thread::scope(|scope| scope.spawn(|| calls(service)).join().unwrap()) / KEYS as usize
}

#[test]
fn known_keys_allocate_nothing_and_idle_ones_give_theirs_back() {
    alone(module_path!(), "known_keys_allocate_nothing_and_idle_ones_give_theirs_back", || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        Heap::come_to_rest();
        let breaker = || CircuitBreakerLayer::builder("upstream");
        let bulkhead = || BulkheadLayer::builder(8);
        let costs = [
            // The first, for the clock of another thread has not passed what this one has.
            (
                weigh(&runtime, || RateLimitLayer::builder("upstream", Rate::per_second(100)).per_key(key as Key)),
                260,
                0,
            ),
            (weigh(&runtime, || bulkhead().per_key(key as Key)), 235, 0),
            (weigh(&runtime, || bulkhead().adaptive(Adaptive::gradient()).per_key(key as Key)), 850, 128),
            (weigh(&runtime, || bulkhead().max_queue(8).per_key(key as Key)), 235, 0),
            (
                weigh(&runtime, || {
                    breaker().without_failure_rate().without_throttled_rate().consecutive(5).per_key(key as Key)
                }),
                760,
                0,
            ),
            (weigh(&runtime, || breaker().count_window(100).per_key(key as Key)), 945, 128),
            (weigh(&runtime, || breaker().per_key(key as Key)), 1010, 256),
            (weigh(&runtime, || ThrottleLayer::builder("upstream").per_key(key as Key)), 1200, 384),
        ];
        for (cost, first, further) in &costs {
            assert!(cost.first <= *first && cost.further <= *further, "{costs:?}");
        }
    });
}

#[test]
fn a_budget_of_a_key_takes_little_and_its_calls_take_nothing() {
    alone(module_path!(), "a_budget_of_a_key_takes_little_and_its_calls_take_nothing", || {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let half_fail = |result: Result<&u32, &Error>| match result {
            Ok(key) if key % 2 == 0 => Outcome::Success,
            _ => Outcome::Transient,
        };
        let builder = RetryLayer::builder("retry").backoff(Backoff::none()).classify(half_fail);
        let layer = builder.budget_per_key(key as Key, Budget::default()).build().unwrap();
        let mut service = layer.layer(inner());
        let mut call =
            |key| assert_eq!(runtime.block_on(async { service.ready().await?.call(key).await }).unwrap(), key);
        Heap::come_to_rest();
        let before = Heap::now().bytes;
        (0..KEYS).for_each(&mut call);
        let first = (Heap::now().bytes - before) / KEYS as usize;
        let further = by_another_thread(layer.layer(inner()));
        assert!(first <= 450 && further <= 128, "{first} and {further}");
        // Those without room spend a budget whose first call allocates.
        call(KEYS);
        let warm = Heap::now();
        (0..2 * KEYS).for_each(&mut call);
        assert_eq!(Heap::now(), warm, "a call whose key is known, or has no room, allocates nothing");
    });
}

/// A request as servers of HTTP/1 read it: its URI is a part of the whole head.
#[cfg(feature = "http")]
fn read_with_its_head(number: u32, head: usize) -> http::Request<()> {
    let line = format!("http://host-{number}.example/");
    let mut read = line.clone().into_bytes();
    read.resize(head, b' ');
    let uri =
        http::Uri::from_maybe_shared(bytes::Bytes::from(read).slice(..line.len())).expect("its first line is one");
    http::Request::get(uri).body(()).expect("all of it is legal")
}

#[cfg(feature = "http")]
#[test]
fn keys_that_are_hosts_keep_nothing_of_their_requests() {
    alone(module_path!(), "keys_that_are_hosts_keep_nothing_of_their_requests", || {
        const HEAD: usize = 16 * 1024;
        let layer =
            BulkheadLayer::builder(8).per_key(palisade::http::host::<()>).capacity(KEYS as usize).build().unwrap();
        let mut service = layer.layer(service_fn(|_: http::Request<()>| ready(Ok::<_, Infallible>(()))));
        let runtime = Builder::new_current_thread().build().unwrap();
        Heap::come_to_rest();
        let before = Heap::now().bytes;
        for number in 0..KEYS {
            let request = read_with_its_head(number, HEAD);
            runtime.block_on(async { service.ready().await?.call(request).await }).unwrap();
        }
        let each = (Heap::now().bytes - before) / KEYS as usize;
        assert_eq!(layer.handle().len(), KEYS as usize);
        assert!(each < 512, "each of them holds {each} bytes");
    });
}
