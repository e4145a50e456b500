//! The circuit breaker, line by line of what it means.

#![expect(
    clippy::unchecked_time_subtraction,
    reason = "moments just before a boundary, all of them later than the start"
)]

/// A breaker over a service that answers when it is told to.
macro_rules! told {
    ($breaker:expr) => {
        $breaker.layer(strict(|answer: Answer| async { answer.await.expect("the test answers") }))
    };
}

mod by_hand;
mod configuration;
mod defaults;
mod dropping;
mod events;
mod failure_rate;
mod guard;
mod half_open;
mod in_a_row;
mod late_results;
mod open;
mod outcomes;
mod panics;
mod readiness;
mod rejections;
mod sharing;
mod slow_calls;
mod snapshots;
mod windows;

use crate::support;
use crate::support::{now, reason};

use std::{
    collections::VecDeque,
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, ConfigError,
    Deadline, Error, Jitter, Outcome, Phase, Rejection, RejectionReason, TimeoutLayer,
};
use support::{Down, events::Events, strict};
use tokio::{
    sync::oneshot,
    time::{advance, sleep},
};
use tokio_test::{assert_pending, assert_ready, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

const TARGET: &str = "palisade::circuit_breaker";
const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const THROTTLED: Outcome = Outcome::Throttled { retry_after: None };

/// All defaults.
fn builder() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("payments")
}

/// Opens at the first failure, for a second, and lets one probe through.
fn touchy() -> CircuitBreakerBuilder {
    builder().min_calls(1).probes(1).open_for(Backoff::constant(SECOND))
}

fn circuit(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().expect("the settings are legal").handle()
}

fn enter(circuit: &CircuitHandle) -> CircuitGuard {
    circuit.try_enter().expect("the circuit lets calls pass")
}

fn rejection(circuit: &CircuitHandle) -> Rejection {
    circuit.try_enter().expect_err("the circuit rejects calls")
}

fn settle(circuit: &CircuitHandle, outcomes: impl IntoIterator<Item = Outcome>) {
    outcomes.into_iter().for_each(|outcome| enter(circuit).settle(outcome));
}

fn succeed(circuit: &CircuitHandle, calls: usize) {
    settle(circuit, [Outcome::Success].repeat(calls));
}

fn fail(circuit: &CircuitHandle, calls: usize) {
    settle(circuit, [Outcome::Failed].repeat(calls));
}

/// A call that takes this long.
async fn take(circuit: &CircuitHandle, duration: Duration, outcome: Outcome) {
    let call = enter(circuit);
    advance(duration).await;
    call.settle(outcome);
}

/// Makes calls that end as the letters say: `s`uccess, `f`ailure, `t`hrottled, `i`gnored, `a`bandoned, `w` a success that
/// takes two milliseconds; a dot is half of the default window.
async fn run(circuit: &CircuitHandle, calls: &str) {
    for call in calls.chars() {
        match call {
            's' => succeed(circuit, 1),
            'f' => fail(circuit, 1),
            't' => settle(circuit, [THROTTLED]),
            'i' => settle(circuit, [Outcome::Ignored]),
            'a' => drop(enter(circuit)),
            'w' => take(circuit, 2 * MILLI, Outcome::Success).await,
            '.' => advance(15 * SECOND).await,
            _ => panic!("{call:?} is no call"),
        }
    }
}

/// Asserts that of these calls, the last opens the circuit.
async fn opens_at_the_last(claim: &str, circuit: CircuitHandle, calls: &str) {
    let (before, last) = calls.split_at(calls.len() - 1);
    run(&circuit, before).await;
    assert_eq!(circuit.phase(), Phase::Closed, "{claim}: before the last");
    run(&circuit, last).await;
    assert_eq!(circuit.phase(), Phase::Open, "{claim}: at the last");
}

async fn stays_closed(claim: &str, circuit: CircuitHandle, calls: &str) {
    run(&circuit, calls).await;
    assert_eq!(circuit.phase(), Phase::Closed, "{claim}");
}

/// Lets the open time pass, so that the next call is a probe.
async fn open_time(circuit: &CircuitHandle) {
    advance(circuit.snapshot().retry_after.expect("the circuit is open")).await;
}

/// A circuit that has been opened by failures, with its open time over.
async fn recovering(builder: CircuitBreakerBuilder) -> CircuitHandle {
    let circuit = circuit(builder);
    while circuit.phase() == Phase::Closed {
        fail(&circuit, 1);
    }
    open_time(&circuit).await;
    circuit
}

/// Calls, failures and slow calls.
fn counted(circuit: &CircuitHandle) -> (u64, u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures, counts.slow)
}

type Answer = oneshot::Receiver<Result<u32, Down>>;
type Echo = support::Strict<fn(Result<u32, Down>) -> std::future::Ready<Result<u32, Down>>>;

/// A service that is its requests' results.
fn echo() -> Echo {
    strict(ready::<Result<u32, Down>>)
}

fn broken() -> Result<(), Down> {
    panic!("in poll")
}

type Readiness = Poll<Result<(), Down>>;

/// What the next polls for readiness give; ready when there is nothing left. Panics when called before ready.
#[derive(Clone, Debug, Default)]
struct Gate {
    readiness: Arc<Mutex<VecDeque<Readiness>>>,
    /// Whether each poll came with a waker that does nothing.
    noop_polls: Arc<Mutex<Vec<bool>>>,
    ready: bool,
}

impl Gate {
    fn new(readiness: impl IntoIterator<Item = Readiness>) -> Self {
        let readiness = Arc::new(Mutex::new(readiness.into_iter().collect()));
        Self { readiness, ..Self::default() }
    }

    fn polls(&self) -> usize {
        self.noop_polls.lock().expect("no poll panics").len()
    }
}

impl Service<()> for Gate {
    type Response = ();
    type Error = Down;
    type Future = std::future::Ready<Result<(), Down>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Readiness {
        self.noop_polls.lock().expect("no poll panics").push(cx.waker().will_wake(Waker::noop()));
        let polled = self.readiness.lock().expect("no poll panics").pop_front().unwrap_or(Poll::Ready(Ok(())));
        self.ready = matches!(polled, Poll::Ready(Ok(())));
        polled
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been polled ready");
        ready(Ok(()))
    }
}

fn poll_ready<S: Service<R>, R>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

fn row(level: Level, from: &str, to: &str, reason: &str) -> (Level, String, String, String) {
    (level, from.into(), to.into(), reason.into())
}
