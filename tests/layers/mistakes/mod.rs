//! An index of mistakes that others have made and that are not made here, each with a test that would find it.
//!
//! - A count window never slides: `circuit_breaker::windows::a_count_window_holds_the_last_results`.
//! - A time window costs more the more calls it holds:
//!   `circuit_breaker::windows::a_time_window_holds_no_more_for_many_calls_than_for_few`.
//! - Half-open has no limit on concurrent probes: `probes::a_hundred_calls_at_once_send_only_the_probes`.
//! - Half-open is wedged for ever: `probes::a_cancelled_probe_does_not_wedge_half_open`, and for ignored and hung probes
//!   `circuit_breaker::half_open`.
//! - A straggler settles a later phase: `state/tests/circuit/late.rs`,
//!   `a_probe_of_one_half_open_period_does_not_settle_the_next`.
//! - More probes pass than are permitted: `circuit_breaker::late_results::a_stale_call_returns_no_place`.
//! - A service readied while open waits though it was closed by hand: `probes::a_service_readied_while_open_calls_once_closed`.
//! - A circuit that was forced open heals itself: `circuit_breaker::by_hand::a_forced_open_circuit_does_not_heal_itself`.
//! - A valid setting panics: `settings::no_valid_setting_of_a_circuit_breaker_panics`, and so for each layer.
//! - A clone is called that was never polled ready: `clones::retry_readies_the_clone_that_it_calls`.
//! - All calls draw the same jitter, or delays overflow: `jitter::each_call_draws_its_own_jitter`.
//! - A retry sleeps before it withdraws from the budget: `budget::a_retry_withdraws_before_it_sleeps`.
//! - An idle clone that was merely polled ready holds a place: `clones::an_idle_ready_stack_starves_nobody`.
//! - Waiters spin: `waiters::a_waiter_sleeps_until_it_is_handed_a_place`.
//! - A full bulkhead is reported as a timeout: `full::a_full_bulkhead_is_no_timeout`.
//! - `source()` is cut off: `sources::the_chain_of_sources_survives_every_layer`.
//! - A gauge never returns to zero: `gauges::a_bulkhead_is_empty_after_every_end_of_a_call`.
//! - Listeners are called under a lock: `listeners::a_listener_may_use_the_circuit_that_it_hears_of`.
//! - A delay of zero costs a millisecond: `zero::a_retry_without_delay_touches_no_timer`.
//! - State is made in `layer()` and so does nothing behind axum: `tests/http/axum`, `route_services_share_the_circuit_of_their_layer`.

mod budget;
mod clones;
mod full;
mod gauges;
mod jitter;
mod listeners;
mod probes;
mod settings;
mod sources;
mod waiters;
mod zero;

use crate::support;
use crate::support::{now, reason};

use std::{
    collections::HashSet,
    error, fmt,
    future::{pending, ready},
    panic::AssertUnwindSafe,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard,
    CircuitHandle, Error, FallbackError, FallbackLayer, Jitter, Outcome, Phase, RejectionReason, RetryBuilder,
    RetryLayer, TimeoutLayer, fallback,
};
use support::{Calls, Down, events::Events, strict};
use tokio::{sync::oneshot, time::advance};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::{layer, prelude::*, registry::Registry};

const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Opens at the first failure, for a second, and lets one probe through.
fn touchy() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("payments").min_calls(1).probes(1).open_for(Backoff::constant(SECOND))
}

fn circuit(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().expect("the settings are legal").handle()
}

fn enter(circuit: &CircuitHandle) -> CircuitGuard {
    circuit.try_enter().expect("the circuit lets calls pass")
}

async fn open_time(circuit: &CircuitHandle) {
    advance(circuit.snapshot().retry_after.expect("the circuit is open")).await;
}

fn retry() -> RetryBuilder {
    RetryLayer::builder("payments").backoff(Backoff::none())
}

/// A budget that gains nothing.
fn budget(tokens: u32) -> Budget {
    Budget::builder().capacity(tokens).ratio(0.0).per_second(0.0).build().expect("the settings are legal")
}

type Answers<T> = std::future::Ready<Result<T, Down>>;

fn up() -> support::Strict<fn(()) -> Answers<()>> {
    strict(|()| ready(Ok(())))
}

fn down() -> support::Strict<fn(()) -> Answers<()>> {
    strict(|()| ready(Err(Down(1))))
}

type Stuck = support::Strict<fn(()) -> std::future::Pending<Result<(), Down>>>;

fn stuck() -> Stuck {
    strict(|()| pending())
}

/// Readies and calls a service twice.
async fn call_twice<S: Service<(), Error = Error>>(mut service: S) {
    for _ in 0..2 {
        assert!(service.ready().await.expect("it is ready").call(()).await.is_ok());
    }
}
