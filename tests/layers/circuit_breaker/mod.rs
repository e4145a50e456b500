//! The circuit breaker: its settings, and what its services and handles do with the circuit. What a circuit decides is
//! claimed in `src/state/tests/circuit`.

mod balanced;
mod blame;
mod by_hand;
mod configuration;
mod defaults;
mod dropping;
mod events;
mod guard;
mod half_open;
mod judged;
mod outcomes;
mod panics;
mod readiness;
mod rules;
mod sharing;
mod snapshots;
mod windows;

use std::future::{Ready, pending, ready};
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use palisade::test_util::EventLog;
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, Deadline, Error,
    Jitter, Outcome, Phase, Rejection, RejectionReason, TimeoutLayer,
};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::support::services::{FAILS, READY, begin, hung, panics, poll_ready, up};
use crate::support::time::{MILLI, NANO, SECOND, just_before};
use crate::support::{Down, Strict, now, reason, strict};

const TARGET: &str = "palisade::circuit_breaker";
const THROTTLED: Outcome = Outcome::Throttled { retry_after: None };

/// All ways to set a circuit by hand that do not close it.
const BY_HAND: [fn(&CircuitHandle); 3] =
    [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only];

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

fn fail(circuit: &CircuitHandle, calls: usize) {
    (0..calls).for_each(|_| enter(circuit).failure());
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
            's' => enter(circuit).success(),
            'f' => enter(circuit).failure(),
            't' => enter(circuit).settle(THROTTLED),
            'i' => enter(circuit).settle(Outcome::Ignored),
            'a' => drop(enter(circuit)),
            'w' => take(circuit, 2 * MILLI, Outcome::Success).await,
            '.' => advance(5 * SECOND).await,
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

/// Opens a circuit by failures, and lets its open time pass.
async fn recover(circuit: &CircuitHandle) {
    while circuit.phase() == Phase::Closed {
        fail(circuit, 1);
    }
    open_time(circuit).await;
}

/// A circuit that has been opened by failures, with its open time over.
async fn recovering(builder: CircuitBreakerBuilder) -> CircuitHandle {
    let circuit = circuit(builder);
    recover(&circuit).await;
    circuit
}

/// Calls, failures and slow calls.
fn counted(circuit: &CircuitHandle) -> (u64, u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures, counts.slow)
}

type Answer = Result<u32, Down>;

/// A service that is its requests' results.
fn echo() -> Strict<fn(Answer) -> Ready<Answer>> {
    strict(ready::<Answer>)
}
