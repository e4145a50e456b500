//! With a seed and a paused clock, the whole stack over a faulty service does the same again, and what it did before.

use crate::support::now;
use std::{
    env,
    fmt::{self, Write},
    fs,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, ConfigError, Error, FallbackLayer, Jitter, RetryLayer,
    TimeoutLayer,
};
use tokio::{
    runtime,
    task::JoinSet,
    time::{Instant, sleep},
};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tracing::{
    Dispatch, Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::Registry};

use crate::support::Down;

/// What a run with the seed 7 does. The generator draws other numbers where pointers have 32 bits, and may with another
/// version of `rand`.
const STORED: &str = include_str!("determinism.txt");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contracts/determinism.txt");
const BLESS: &str = "PALISADE_BLESS";
const SEED: u64 = 7;

const CALLERS: u32 = 4;
const CALLS: u32 = 12;

/// What happens, a line each, with the time since the start.
#[derive(Clone)]
struct Journal {
    start: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    fn start() -> Self {
        Self { start: now(), lines: Arc::default() }
    }

    fn tell(&self, what: fmt::Arguments<'_>) {
        let line = format!("{:>7?} {what}", now() - self.start);
        self.lines.lock().expect("nobody panics while it tells").push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("nobody panics while it tells").clone()
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("palisade") {
            let mut told = Told::default();
            event.record(&mut told);
            self.tell(format_args!("{}:{}", told.message, told.fields));
        }
    }
}

#[derive(Default)]
struct Told {
    message: String,
    fields: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes all that is written");
    }
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Is well, then slow, then gone, slow and well again, then hangs, and is well in the end.
async fn answer(number: usize) -> Result<usize, Down> {
    match number {
        0..4 | 18..24 | 32.. => sleep(millis(10)).await,
        4..8 | 14..18 => sleep(millis(90)).await,
        8..14 => return Err(Down(1)),
        _ => pending().await,
    }
    Ok(number)
}

/// Answers by the number of the call.
fn faulty() -> impl Service<u32, Response = usize, Error = Down, Future: Send> + Clone + Send + 'static {
    let calls = Arc::<AtomicUsize>::default();
    service_fn(move |_| answer(calls.fetch_add(1, Ordering::SeqCst)))
}

/// The five layers in order, all of them in need.
fn stack(
    seed: u64,
) -> Result<impl Service<u32, Response = usize, Error = Error, Future: Send> + Clone + Send + 'static, ConfigError> {
    let budget = Budget::builder().capacity(4).ratio(0.1).per_second(0.0).build()?;
    let retry = RetryLayer::builder("retry").backoff(Backoff::exponential(millis(40), millis(400))).budget(budget);
    let breaker = CircuitBreakerLayer::builder("circuit").min_calls(8).count_window(8).probes(1);
    let open_for = Backoff::exponential(millis(80), millis(160)).jitter(Jitter::Equal);
    Ok(ServiceBuilder::new()
        .layer(FallbackLayer::value(usize::MAX))
        .layer(TimeoutLayer::new(millis(250)).name("total")?)
        .layer(BulkheadLayer::builder(2).name("queue").max_queue(1).max_wait(millis(60)).build()?)
        .layer(retry.seed(seed).build()?)
        .layer(breaker.open_for(open_for).seed(seed).build()?)
        .layer(TimeoutLayer::new(millis(120)).name("attempt")?)
        .service(faulty()))
}

/// Calls again and again, at a pace of its own.
async fn caller<S: Service<u32, Response = usize, Error = Error> + Clone>(number: u32, service: S, journal: Journal) {
    for call in 0..CALLS {
        let answer = service.clone().oneshot(call).await;
        match answer {
            Ok(usize::MAX) => journal.tell(format_args!("caller {number}, call {call}: the fallback")),
            Ok(answer) => journal.tell(format_args!("caller {number}, call {call}: answer {answer}")),
            Err(error) => journal.tell(format_args!("caller {number}, call {call}: {error}")),
        }
        sleep(millis(70) + number * millis(30)).await;
    }
}

async fn callers(seed: u64) -> Vec<String> {
    // With a single subscriber, a callsite that another thread comes to first is switched off for good.
    let _second = Dispatch::new(Registry::default());
    let journal = Journal::start();
    let _guard = tracing::subscriber::set_default(Registry::default().with(journal.clone()));
    let service = stack(seed).unwrap();
    let mut callers: JoinSet<_> = (0..CALLERS).map(|number| caller(number, service.clone(), journal.clone())).collect();
    while callers.join_next().await.is_some() {}
    journal.lines()
}

/// What the stack does under a few callers at once, in a runtime of its own.
fn run(seed: u64) -> Vec<String> {
    let runtime = runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(callers(seed))
}

#[test]
fn two_runs_of_the_five_layers_with_the_same_seed_are_the_same() {
    assert_eq!(run(SEED), run(SEED));
}

#[test]
fn another_seed_makes_another_run() {
    assert_ne!(run(SEED), run(SEED + 1));
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
         contracts replay`, and read the difference",
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
