//! With a seed and a paused clock, a run is the same again, and what it was before.

use std::fmt::Debug;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs};

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, FallbackLayer, Jitter, Name, RetryLayer, TimeoutLayer,
};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::Dispatch;
use tracing_subscriber::registry::Registry;

use crate::journal::Journal;
use crate::stacks::Boxed;
use crate::support::{Down, now, paused};

/// What a run with the seed 7 does. The generator draws other numbers where pointers have 32 bits, and may with another
/// version of `rand`.
const STORED: &str = include_str!("determinism.txt");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contracts/determinism.txt");
const BLESS: &str = "PALISADE_BLESS";
const SEED: u64 = 7;

const CALLERS: u32 = 4;
const CALLS: u32 = 12;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Is well, then slow, then gone, slow and well again, then hangs, and is well in the end.
async fn answer(number: u32) -> Result<u32, Down> {
    match number {
        0..4 | 18..24 | 32.. => sleep(millis(10)).await,
        4..8 | 14..18 => sleep(millis(90)).await,
        8..14 => return Err(Down(1)),
        _ => pending().await,
    }
    Ok(number)
}

/// Answers by the number of the call.
fn faulty() -> impl Service<u32, Response = u32, Error = Down, Future: Send> + Clone + Send + 'static {
    let calls = Arc::<AtomicU32>::default();
    service_fn(move |_| answer(calls.fetch_add(1, Ordering::SeqCst)))
}

/// The five layers in order, all of them in need.
fn five_layers(seed: u64) -> Boxed {
    let budget = Budget::builder().capacity(4).ratio(0.1).per_second(0.0).build().unwrap();
    let retry = RetryLayer::builder("retry").backoff(Backoff::exponential(millis(40), millis(400))).budget(budget);
    let breaker = CircuitBreakerLayer::builder("circuit").min_calls(8).count_window(8).probes(1);
    let open_for = Backoff::exponential(millis(80), millis(160)).jitter(Jitter::Equal);
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(u32::MAX))
        .layer(TimeoutLayer::new(millis(250)).name(Name::new("total").unwrap()))
        .layer(
            BulkheadLayer::builder(2)
                .name(Name::new("queue").unwrap())
                .max_queue(1)
                .max_wait(millis(60))
                .build()
                .unwrap(),
        )
        .layer(retry.seed(seed).build().unwrap())
        .layer(breaker.open_for(open_for).seed(seed).build().unwrap())
        .layer(TimeoutLayer::new(millis(120)).name(Name::new("attempt").unwrap()))
        .service(faulty());
    Boxed::new(service)
}

/// Calls again and again, at a pace of its own.
async fn caller(number: u32, service: Boxed, journal: Journal) {
    for call in 0..CALLS {
        match service.clone().oneshot(call).await {
            Ok(u32::MAX) => journal.tell(format_args!("caller {number}, call {call}: the fallback")),
            Ok(answer) => journal.tell(format_args!("caller {number}, call {call}: answer {answer}")),
            Err(error) => journal.tell(format_args!("caller {number}, call {call}: {error}")),
        }
        sleep(millis(70) + number * millis(30)).await;
    }
}

/// What a stack does under a few callers at once.
pub(crate) async fn run_calls(service: Boxed) -> Vec<String> {
    // With a single subscriber, a callsite that another thread comes to first is switched off for good.
    let _second = Dispatch::new(Registry::default());
    let (journal, _guard) = Journal::record();
    let mut callers: JoinSet<_> = (0..CALLERS).map(|number| caller(number, service.clone(), journal.clone())).collect();
    while callers.join_next().await.is_some() {}
    journal.lines()
}

fn run(seed: u64) -> Vec<String> {
    paused(async { run_calls(five_layers(seed)).await })
}

/// Each of 50 retries of one layer waits for a time of its own: the sums for each of five calls.
async fn delays(seed: u64, jitter: Jitter) -> Vec<Duration> {
    let backoff = Backoff::exponential(millis(50), millis(20_000)).jitter(jitter);
    let retry = RetryLayer::builder("retry").max_attempts(11).without_budget().backoff(backoff).seed(seed);
    let service = retry.build().unwrap().layer(service_fn(|()| async { Err::<(), _>(Down(1)) }));
    let mut delays = Vec::new();
    for _ in 0..5 {
        let start = now();
        service.clone().oneshot(()).await.ok();
        delays.push(now() - start);
    }
    delays
}

/// How long a circuit was open each of 10 times.
fn open_times(seed: u64) -> Vec<Option<Duration>> {
    let layer = CircuitBreakerLayer::builder("circuit").consecutive(1).seed(seed).build().unwrap();
    let circuit = layer.handle();
    let open_time = |_| {
        circuit.reset();
        circuit.try_enter().unwrap().failure();
        circuit.snapshot().retry_after
    };
    (0..10).map(open_time).collect()
}

/// Asserts that with the same seed a run is the same.
pub(crate) fn assert_same<T: PartialEq + Debug>(what: &str, run: impl AsyncFn(u64) -> T) {
    for seed in [0, 1, 42, u64::MAX] {
        assert_eq!(paused(run(seed)), paused(run(seed)), "{what}, seed {seed}");
    }
}

/// The same, and that with another seed it is another.
pub(crate) fn assert_seeded<T: PartialEq + Debug>(what: &str, run: impl AsyncFn(u64) -> T) {
    assert_ne!(paused(run(1)), paused(run(2)), "{what}");
    assert_same(what, run);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_another() {
    assert_seeded("equal jitter", async |seed| delays(seed, Jitter::Equal).await);
    assert_seeded("full jitter", async |seed| delays(seed, Jitter::Full).await);
    assert_seeded("open times", async |seed| open_times(seed));
    assert_seeded("the five layers", async |seed| run_calls(five_layers(seed)).await);
}

#[test]
fn calls_of_one_layer_draw_each_their_own_delay() {
    let mut delays = paused(delays(1, Jitter::Full));
    delays.sort();
    delays.dedup();
    assert_eq!(delays.len(), 5);
}

#[test]
fn a_run_is_the_one_that_is_stored() {
    let run = run(SEED);
    if env::var_os(BLESS).is_some() {
        return fs::write(FILE, run.join("\n") + "\n").unwrap();
    }
    let stored: Vec<_> = STORED.lines().collect();
    let same = run.iter().zip(&stored).take_while(|(run, stored)| run == stored).count();
    assert!(
        same == run.len() && same == stored.len(),
        "line {} of {FILE} is {:?}, and now {:?}; if that is meant, store the new run with `{BLESS}=1 cargo test --test \
         contracts determinism`, and read the difference",
        same + 1,
        stored.get(same),
        run.get(same),
    );
}

#[test]
fn the_stored_run_goes_through_everything() {
    let everything = [
        "circuit opened: name=circuit from=closed to=open",
        "circuit is half-open:",
        "circuit opened: name=circuit from=half_open to=open",
        "circuit closed:",
        "reason=circuit_open",
        "reason=probes_taken",
        "retrying:",
        "stopped retrying: name=retry attempt=1 reason=budget",
        "stopped retrying: name=retry attempt=3 reason=max_attempts",
        "reason=queue_full",
        "reason=waited_too_long",
        "timed out: name=attempt",
        "timed out: name=total",
        "degraded:",
        ": the fallback",
        ": answer ",
    ];
    for event in everything {
        assert!(STORED.contains(event), "no `{event}` in {FILE}");
    }
}
