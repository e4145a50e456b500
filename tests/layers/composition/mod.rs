//! Layers on one another: the recommended stack and the wrong orders, with the counts that each must give.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod among_foreign_layers;
mod fallbacks;
mod nested_breakers;
mod retry_and_bulkhead;
mod retry_and_circuit_breaker;
mod the_five_layers;
mod timeouts;

use std::task::Poll;
use std::time::Duration;

use palisade::test_util::EventLog;
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error,
    FallbackLayer, Name, Phase, Rejection, RejectionReason, RetryBuilder, RetryLayer, TimeoutLayer, fallback,
};
use tokio::time::{advance, sleep};
use tower::buffer::BufferLayer;
use tower::load_shed::LoadShedLayer;
use tower::load_shed::error::Overloaded;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};

use crate::support::services::{Coded, Hung, REJECTED, TIMED_OUT, begin, code, coded, down, hung, up};
use crate::support::time::{MILLI, SECOND};
use crate::support::{Down, now, reason, strict};

type Boxed = BoxCloneSyncService<u32, u32, Error>;

/// Retries at once and without a budget.
fn retry(attempts: u32) -> RetryBuilder {
    RetryLayer::builder("retry").max_attempts(attempts).backoff(Backoff::none()).without_budget()
}

/// Opens for 5 seconds at this many failures in a row, and shows its other counts too.
fn consecutive(failures: u32) -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("circuit")
        .consecutive(failures)
        .min_calls(1000)
        .probes(1)
        .open_for(Backoff::constant(5 * SECOND))
}

/// The results that a circuit has counted: all, and failures.
fn counted(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

/// Who rejected a call.
fn rejected_by(result: &Result<u32, Error>) -> &'static str {
    result.as_ref().unwrap_err().rejection().map_or("", |rejection| rejection.name().as_str())
}

/// Calls a clone of the service.
async fn call<S: Service<u32> + Clone>(service: &S, request: u32) -> Result<S::Response, S::Error> {
    service.clone().oneshot(request).await
}

#[tokio::test(start_paused = true)]
async fn three_attempts_of_three_attempts_make_nine_executions() {
    let service = coded(&[1, 2, 3, 4]);
    let calls = service.calls();
    let stack = (retry(3).build().unwrap(), retry(3).build().unwrap()).layer(service.clone());
    stack.oneshot(0).await.unwrap_err();
    assert_eq!(calls.count(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_shared_budget_of_two_bounds_retries_of_retries() {
    let service = coded(&[1, 2, 3, 4]);
    let calls = service.calls();
    let budget = Budget::builder().capacity(2).ratio(0.0).per_second(0.0).build().unwrap();
    let layer = || retry(3).budget(budget.clone()).build().unwrap();
    let result = (layer(), layer()).layer(service).oneshot(0).await;
    assert_eq!((code(&result), calls.count(), budget.available()), (3, 3, 0));
}
