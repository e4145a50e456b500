//! Layers on one another: the recommended stack and the wrong orders, with the counts that each must give.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod among_foreign_layers;
mod fallbacks;
mod nested_breakers;
mod retry_and_bulkhead;
mod retry_and_circuit_breaker;
mod the_five_layers;
mod timeouts;

use std::{
    future::{Pending, Ready, pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Deadline, Error,
    FallbackError, FallbackLayer, Phase, Rejection, RejectionReason, RetryBuilder, RetryLayer, TimeoutLayer, fallback,
};
use tokio::time::{Instant, advance, sleep};
use tokio_test::{assert_pending, assert_ready_err, task};
use tower::{
    BoxError, Layer, Service, ServiceBuilder, ServiceExt,
    buffer::BufferLayer,
    load_shed::{LoadShedLayer, error::Overloaded},
    util::{BoxCloneService, BoxCloneSyncService},
};

use crate::support::{Down, Script, Strict, events::Events, strict};

const SECOND: Duration = Duration::from_secs(1);

/// Always fails.
fn down() -> Strict<impl FnMut(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Err(Down(request))))
}

/// Answers what it was asked.
fn up() -> Strict<impl FnMut(u32) -> Ready<Result<u32, Down>> + Clone> {
    strict(|request| ready(Ok(request)))
}

/// Never answers.
fn hung() -> Strict<impl FnMut(u32) -> Pending<Result<u32, Down>> + Clone> {
    strict(|_| pending())
}

/// Gives these results, one a call.
fn scripted(
    results: impl IntoIterator<Item = Result<u32, Down>>,
) -> Strict<impl FnMut(u32) -> Ready<Result<u32, Down>> + Clone> {
    let script = Script::new(results);
    strict(move |_| ready(script.next()))
}

/// Fails with 1, 2, 3 and so on.
fn failures(count: u32) -> Strict<impl FnMut(u32) -> Ready<Result<u32, Down>> + Clone> {
    scripted((1..=count).map(|n| Err(Down(n))))
}

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

fn reason(error: &Error) -> Option<RejectionReason> {
    error.rejection().map(Rejection::reason)
}

fn name(error: &Error) -> &'static str {
    error.rejection().map_or("", |rejection| rejection.name().as_str())
}

/// The paused clock.
#[expect(clippy::disallowed_methods, reason = "a paused clock is the test's own")]
fn now() -> Instant {
    Instant::now()
}

/// Calls a clone of the service.
async fn call<S: Service<u32> + Clone>(service: &S, request: u32) -> Result<S::Response, S::Error> {
    service.clone().oneshot(request).await
}

mod retry_and_retry {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn three_attempts_of_three_attempts_make_nine_executions() {
        let service = down();
        let calls = service.calls();
        let (outer, inner) = (retry(3).build().unwrap(), retry(3).build().unwrap());
        ServiceBuilder::new().layer(outer).layer(inner).service(service).oneshot(0).await.unwrap_err();
        assert_eq!(calls.count(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shared_budget_of_two_bounds_retries_of_retries() {
        let service = failures(9);
        let calls = service.calls();
        let budget = Budget::builder().capacity(2).ratio(0.0).per_second(0.0).build().unwrap();
        let layer = || retry(3).budget(budget.clone()).build().unwrap();
        let stack = ServiceBuilder::new().layer(layer()).layer(layer()).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(3)));
        assert_eq!((calls.count(), budget.available()), (3, 0));
    }
}
