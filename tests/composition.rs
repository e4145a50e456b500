//! Layers on one another: the recommended stack and the wrong orders, with the counts that each must give.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod support;

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

mod retry_and_circuit_breaker {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn three_attempts_inside_the_breaker_count_one_failure() {
        let (service, breaker) = (down(), consecutive(10).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(breaker).layer(retry(3).build().unwrap()).service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), counted(&circuit)), (3, (1, 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn three_attempts_outside_the_breaker_count_three_failures() {
        let (service, breaker) = (down(), consecutive(10).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), counted(&circuit)), (3, (3, 3)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_circuit_stops_seven_attempts_after_three_executions() {
        let (service, breaker) = (failures(7), CircuitBreakerLayer::consecutive(3));
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), circuit.phase(), circuit.snapshot().rejected), (3, Phase::Open, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_the_circuit_stopped_end_with_the_last_error_of_the_service() {
        let breaker = CircuitBreakerLayer::consecutive(3);
        let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(failures(7));
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_that_the_circuit_stopped_after_timeouts_end_with_the_timeout() {
        let stack = ServiceBuilder::new()
            .layer(retry(7).build().unwrap())
            .layer(consecutive(3).build().unwrap())
            .layer(TimeoutLayer::new(SECOND))
            .service(hung());
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    }

    #[tokio::test(start_paused = true)]
    async fn the_event_names_the_rejection_that_stopped_the_retrying() {
        let events = Events::record();
        let breaker = CircuitBreakerLayer::consecutive(3);
        let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(down());
        stack.oneshot(0).await.unwrap_err();
        let of_retry = events.of("palisade::retry");
        let last = of_retry.last().unwrap();
        assert_eq!((last.field("reason"), last.field("attempt")), ("rejected", "4"));
        assert!(last.field("rejection").contains("circuit"), "{last:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn seven_attempts_inside_a_breaker_of_three_make_seven_executions() {
        let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(3));
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(breaker).layer(retry(7).build().unwrap()).service(service);
        stack.oneshot(0).await.unwrap_err();
        let counts = circuit.snapshot().counts;
        assert_eq!((calls.count(), circuit.phase(), counts.consecutive), (7, Phase::Closed, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn exactly_as_many_attempts_as_open_the_circuit_are_all_executed() {
        let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(3));
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), circuit.phase(), circuit.snapshot().rejected), (3, Phase::Open, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_that_was_open_before_gives_its_rejection_and_no_execution() {
        let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(1));
        let (calls, circuit) = (service.calls(), breaker.handle());
        circuit.try_enter().unwrap().failure();
        let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
        let error = stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), reason(&error)), (0, Some(RejectionReason::CircuitOpen)));
        assert_eq!(circuit.snapshot().rejected, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_in_the_second_attempt_counts_one_failure_and_one_success() {
        let (service, breaker) = (scripted([Err(Down(1)), Ok(2)]), consecutive(2).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap(), 2);
        assert_eq!((calls.count(), counted(&circuit), circuit.phase()), (2, (2, 1), Phase::Closed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_is_one_probe_when_the_probe_fails() {
        let (service, breaker) = (failures(7), consecutive(1).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        circuit.try_enter().unwrap().failure();
        advance(5 * SECOND).await;
        let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
        assert_eq!((calls.count(), circuit.phase()), (1, Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_that_was_asked_to_waits_for_the_circuit_to_let_a_probe_through() {
        let (service, breaker) = (scripted([Err(Down(1)), Ok(2)]), consecutive(1).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let retry = retry(3).retry_rejected().build().unwrap();
        let started = now();
        let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap(), 2);
        assert_eq!((calls.count(), circuit.phase(), started.elapsed()), (2, Phase::Closed, 5 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_of_rejections_that_ends_with_one_returns_what_the_service_said() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let retry = retry(2).retry_rejected().build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(failures(1));
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
        assert_eq!(circuit.snapshot().rejected, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_forced_open_between_attempts_stops_the_next() {
        let (service, breaker) = (failures(3), consecutive(10).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let retry = retry(3).backoff(Backoff::constant(SECOND)).build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(service);
        let mut call = task::spawn(stack.oneshot(0));
        assert_pending!(call.poll());
        circuit.force_open();
        advance(SECOND).await;
        assert_eq!(assert_ready_err!(call.poll()).downcast_ref(), Some(&Down(1)));
        assert_eq!(calls.count(), 1);
    }
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

mod retry_and_bulkhead {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_below_retry_makes_no_executions() {
        let (service, bulkhead) = (up(), BulkheadLayer::new(1));
        let (calls, places) = (service.calls(), bulkhead.handle());
        let _place = places.try_enter().unwrap();
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(bulkhead).service(service);
        let error = stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), reason(&error)), (0, Some(RejectionReason::Full)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_does_not_open_the_breaker_above() {
        let (bulkhead, breaker) = (BulkheadLayer::new(0), consecutive(1).build().unwrap());
        let circuit = breaker.handle();
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).layer(bulkhead).service(up());
        for _ in 0..5 {
            call(&stack, 0).await.unwrap_err();
        }
        assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_does_not_end_a_run_of_failures() {
        let (bulkhead, breaker) = (BulkheadLayer::new(1), consecutive(2).build().unwrap());
        let (places, circuit) = (bulkhead.handle(), breaker.handle());
        let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).service(down());
        call(&stack, 0).await.unwrap_err();
        places.resize(0);
        assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
        places.resize(1);
        call(&stack, 0).await.unwrap_err();
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_tried_once() {
        let events = Events::record();
        let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(BulkheadLayer::new(0)).service(up());
        stack.oneshot(0).await.unwrap_err();
        assert_eq!(events.of("palisade::bulkhead").len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_tried_as_often_as_asked_for() {
        let events = Events::record();
        let service = up();
        let calls = service.calls();
        let retry = retry(3).retry_rejected().build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(BulkheadLayer::new(0)).service(service);
        let error = stack.oneshot(0).await.unwrap_err();
        assert_eq!(reason(&error), Some(RejectionReason::Full));
        assert_eq!((events.of("palisade::bulkhead").len(), calls.count()), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_costs_the_budget_nothing() {
        let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
        let retry = retry(3).budget(budget.clone()).build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(BulkheadLayer::new(0)).service(up());
        stack.oneshot(0).await.unwrap_err();
        assert_eq!(budget.available(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_a_full_bulkhead_rejects_gives_its_place_back() {
        let (bulkhead, breaker) = (BulkheadLayer::new(0), consecutive(1).build().unwrap());
        let (places, circuit) = (bulkhead.handle(), breaker.handle());
        circuit.try_enter().unwrap().failure();
        advance(5 * SECOND).await;
        let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).service(up());
        assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
        assert_eq!(circuit.phase(), Phase::HalfOpen);
        places.resize(1);
        assert_eq!(call(&stack, 1).await.unwrap(), 1);
        assert_eq!(circuit.phase(), Phase::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bulkhead_below_retry_is_free_between_attempts() {
        let bulkhead = BulkheadLayer::new(1);
        let places = bulkhead.handle();
        let retry = retry(2).backoff(Backoff::constant(SECOND)).build().unwrap();
        let stack = ServiceBuilder::new().layer(retry).layer(bulkhead).service(down());
        let mut waiting = task::spawn(stack.oneshot(0));
        assert_pending!(waiting.poll());
        assert_eq!(places.in_flight(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bulkhead_above_retry_is_held_between_attempts() {
        let (service, bulkhead) = (down(), BulkheadLayer::new(1));
        let (calls, places) = (service.calls(), bulkhead.handle());
        let retry = retry(2).backoff(Backoff::constant(SECOND)).build().unwrap();
        let stack = ServiceBuilder::new().layer(bulkhead).layer(retry).service(service);
        let mut waiting = task::spawn(stack.clone().oneshot(0));
        assert_pending!(waiting.poll());
        assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
        assert_eq!((places.in_flight(), calls.count()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_below_a_bulkhead_holds_no_place() {
        let (bulkhead, breaker) = (BulkheadLayer::new(1), consecutive(1).build().unwrap());
        let (places, circuit) = (bulkhead.handle(), breaker.handle());
        circuit.force_open();
        let stack = ServiceBuilder::new().layer(bulkhead).layer(breaker).service(up());
        for _ in 0..3 {
            let error = call(&stack, 0).await.unwrap_err();
            assert_eq!((reason(&error), places.in_flight()), (Some(RejectionReason::ForcedOpen), 0));
        }
    }
}

mod timeouts {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_timeout_inside_the_breaker_opens_it_for_a_slow_service() {
        let (service, breaker) = (hung(), consecutive(3).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let started = now();
        let stack = ServiceBuilder::new()
            .layer(retry(7).build().unwrap())
            .layer(breaker)
            .layer(TimeoutLayer::new(SECOND))
            .service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), circuit.phase(), started.elapsed()), (3, Phase::Open, 3 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_timeout_outside_the_breaker_opens_it_too() {
        let (service, breaker) = (hung(), consecutive(3).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new()
            .layer(retry(7).build().unwrap())
            .layer(TimeoutLayer::new(SECOND))
            .layer(breaker)
            .service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!((calls.count(), circuit.phase()), (3, Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn a_total_timeout_outside_retry_bounds_all_attempts() {
        let (service, breaker) = (hung(), consecutive(10).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let started = now();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(5 * SECOND / 2))
            .layer(retry(7).build().unwrap())
            .layer(breaker)
            .layer(TimeoutLayer::new(SECOND))
            .service(service);
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!((calls.count(), started.elapsed()), (3, 5 * SECOND / 2));
        assert_eq!(counted(&circuit), (3, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_total_timeout_that_ends_with_an_attempt_sees_no_further_attempt() {
        let (service, breaker) = (hung(), consecutive(10).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let started = now();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(3 * SECOND))
            .layer(retry(7).build().unwrap())
            .layer(breaker)
            .layer(TimeoutLayer::new(SECOND))
            .service(service);
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!((calls.count(), started.elapsed(), counted(&circuit)), (3, 3 * SECOND, (3, 3)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_inside_retry_bounds_each_attempt_alone() {
        let service = hung();
        let calls = service.calls();
        let started = now();
        let stack = ServiceBuilder::new()
            .layer(retry(3).build().unwrap())
            .layer(TimeoutLayer::new(5 * SECOND / 2))
            .service(service);
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!((calls.count(), started.elapsed()), (3, 15 * SECOND / 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_breaker_below_only_a_total_timeout_still_sees_slowness() {
        let (service, breaker) = (hung(), consecutive(2).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(SECOND))
            .layer(retry(3).build().unwrap())
            .layer(breaker)
            .service(service);
        for _ in 0..2 {
            assert!(call(&stack, 0).await.unwrap_err().is_timeout());
        }
        assert_eq!((calls.count(), circuit.phase()), (2, Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn a_total_timeout_settles_a_call_below_a_bulkhead_and_frees_its_place() {
        let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(1));
        let (circuit, places) = (breaker.handle(), bulkhead.handle());
        let stack =
            ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker).layer(bulkhead).service(hung());
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!((circuit.phase(), places.in_flight()), (Phase::Open, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_goes_away_opens_no_circuit() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(3 * SECOND))
            .layer(retry(3).build().unwrap())
            .layer(breaker)
            .layer(TimeoutLayer::new(SECOND))
            .service(hung());
        let mut impatient = task::spawn(stack.oneshot(0));
        assert_pending!(impatient.poll());
        drop(impatient);
        assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_of_the_callers_own_opens_no_circuit() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let started = now();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(3 * SECOND)).layer(breaker).service(hung());
        let error = Deadline::after(SECOND).scope(stack.oneshot(0)).await.unwrap_err();
        assert!(error.is_timeout());
        assert_eq!((started.elapsed(), circuit.phase()), (SECOND, Phase::Closed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_foreign_timeout_above_the_breaker_is_the_callers_doing() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let foreign = tower::timeout::TimeoutLayer::new(SECOND);
        let stack = ServiceBuilder::new().layer(foreign).layer(breaker).service(hung());
        assert!(stack.oneshot(0).await.unwrap_err().is::<tower::timeout::error::Elapsed>());
        assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_foreign_timeout_below_the_breaker_is_a_failure_of_the_service() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let foreign = tower::timeout::TimeoutLayer::new(SECOND);
        let error = ServiceBuilder::new().layer(breaker).layer(foreign).service(hung()).oneshot(0).await.unwrap_err();
        assert!(error.downcast_ref::<tower::timeout::error::Elapsed>().is_some());
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn the_nearer_of_two_timeouts_ends_the_call() {
        for (outer, inner) in [(SECOND, 3 * SECOND), (3 * SECOND, SECOND)] {
            let started = now();
            let stack = TimeoutLayer::new(outer).layer(TimeoutLayer::new(inner).layer(hung()));
            match stack.oneshot(0).await.unwrap_err() {
                Error::TimedOut(elapsed) => assert_eq!((elapsed.limit(), elapsed.elapsed()), (SECOND, SECOND)),
                other => panic!("{other:?}"),
            }
            assert_eq!(started.elapsed(), SECOND);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_that_would_begin_at_the_total_deadline_is_not_waited_for() {
        let service = failures(2);
        let calls = service.calls();
        let started = now();
        let retry = retry(3).backoff(Backoff::constant(SECOND)).build().unwrap();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(retry).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
        assert_eq!((calls.count(), started.elapsed()), (1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_that_begins_just_before_the_total_deadline_is_made() {
        let service = failures(2);
        let calls = service.calls();
        let retry = retry(3).backoff(Backoff::constant(Duration::from_millis(999))).build().unwrap();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(retry).service(service);
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(2)));
        assert_eq!(calls.count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_sees_the_nearer_of_both_deadlines() {
        let left = Arc::new(Mutex::new(Vec::new()));
        let service = strict({
            let left = Arc::clone(&left);
            move |_: u32| {
                left.lock().unwrap().push(Deadline::current().unwrap().remaining());
                pending::<Result<u32, Down>>()
            }
        });
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(5 * SECOND / 2))
            .layer(retry(7).build().unwrap())
            .layer(TimeoutLayer::new(SECOND))
            .service(service);
        stack.oneshot(0).await.unwrap_err();
        assert_eq!(*left.lock().unwrap(), [SECOND, SECOND, SECOND / 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_in_the_queue_uses_up_the_total_time() {
        let (service, bulkhead) = (hung(), BulkheadLayer::builder(1).max_queue(1).build().unwrap());
        let (calls, places) = (service.calls(), bulkhead.handle());
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(3 * SECOND)).layer(bulkhead).service(service);
        let place = places.try_enter().unwrap();
        let started = now();
        let mut queued = task::spawn(stack.oneshot(0));
        assert_pending!(queued.poll());
        advance(2 * SECOND).await;
        drop(place);
        assert!(queued.is_woken());
        assert_pending!(queued.poll());
        assert_eq!(calls.count(), 1);
        advance(SECOND).await;
        assert!(assert_ready_err!(queued.poll()).is_timeout());
        assert_eq!((started.elapsed(), places.in_flight()), (3 * SECOND, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_the_total_timeout_ends_is_the_bulkheads_rejection_and_opens_nothing() {
        let (service, breaker) = (up(), consecutive(1).build().unwrap());
        let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
        let (calls, circuit, places) = (service.calls(), breaker.handle(), bulkhead.handle());
        let _place = places.try_enter().unwrap();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(SECOND))
            .layer(retry(3).build().unwrap())
            .layer(breaker)
            .layer(bulkhead)
            .service(service);
        let error = stack.oneshot(0).await.unwrap_err();
        assert_eq!((reason(&error), calls.count()), (Some(RejectionReason::WaitedTooLong), 0));
        assert_eq!((circuit.phase(), counted(&circuit), places.queued()), (Phase::Closed, (0, 0), 0));
    }
}

mod fallbacks {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outermost_fallback_answers_for_an_open_circuit() {
        let (service, breaker) = (up(), consecutive(1).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        circuit.try_enter().unwrap().failure();
        let stack = ServiceBuilder::new().layer(FallbackLayer::value(99)).layer(breaker).service(service);
        assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outermost_fallback_answers_for_a_full_bulkhead() {
        let service = up();
        let calls = service.calls();
        let layers = (FallbackLayer::value(99), BulkheadLayer::new(0));
        assert_eq!((layers.layer(service).oneshot(0).await.unwrap(), calls.count()), (99, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outermost_fallback_answers_for_a_wait_that_took_too_long() {
        let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
        let started = now();
        let stack = (FallbackLayer::value(99), bulkhead).layer(up());
        assert_eq!((stack.oneshot(0).await.unwrap(), started.elapsed()), (99, SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outermost_fallback_answers_for_a_timeout() {
        let started = now();
        let stack = (FallbackLayer::value(99), TimeoutLayer::new(SECOND)).layer(hung());
        assert_eq!((stack.oneshot(0).await.unwrap(), started.elapsed()), (99, SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_outermost_fallback_answers_when_the_attempts_are_used_up() {
        let service = down();
        let calls = service.calls();
        let stack = (FallbackLayer::value(99), retry(3).build().unwrap()).layer(service);
        assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_inside_retry_makes_the_first_attempt_the_last() {
        let service = down();
        let calls = service.calls();
        let stack = (retry(3).build().unwrap(), FallbackLayer::value(99)).layer(service);
        assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_inside_the_breaker_hides_every_failure_from_it() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let stack = (breaker, FallbackLayer::value(99)).layer(down());
        for _ in 0..3 {
            assert_eq!(call(&stack, 0).await.unwrap(), 99);
        }
        assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (3, 0)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_by_function_tells_the_reasons_apart() {
        let breaker = consecutive(1).build().unwrap();
        let (circuit, bulkhead) = (breaker.handle(), BulkheadLayer::new(1));
        let places = bulkhead.handle();
        let by_reason = fallback::function(|failed: Result<&u32, &Error>| {
            Ok::<_, Error>(match failed {
                Err(Error::Rejected(rejection)) if rejection.layer() == "circuit breaker" => 1,
                Err(Error::Rejected(_)) => 2,
                Err(Error::TimedOut(_)) => 3,
                _ => 4,
            })
        });
        let stack = ServiceBuilder::new()
            .layer(FallbackLayer::new(by_reason))
            .layer(breaker)
            .layer(bulkhead)
            .layer(TimeoutLayer::new(SECOND))
            .service(hung());
        places.resize(0);
        assert_eq!(call(&stack, 0).await.unwrap(), 2);
        places.resize(1);
        assert_eq!(call(&stack, 0).await.unwrap(), 3);
        assert_eq!(call(&stack, 0).await.unwrap(), 1);
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_service_behind_a_breaker_of_its_own_is_spared_when_it_fails_too() {
        let (primary, replica) = (down(), down());
        let calls = (primary.calls(), replica.calls());
        let breaker = consecutive(2).build().unwrap();
        let circuit = breaker.handle();
        let layer = FallbackLayer::new(fallback::service(breaker.layer(replica))).or(fallback::value(99));
        let stack = layer.layer(primary);
        for _ in 0..5 {
            assert_eq!(call(&stack, 0).await.unwrap(), 99);
        }
        assert_eq!((calls.0.count(), calls.1.count(), circuit.phase()), (5, 2, Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn a_fallback_that_is_rejected_after_the_primary_was_sent_is_no_rejection() {
        let replica = BulkheadLayer::new(0).layer(up());
        let stack = FallbackLayer::new(fallback::service(replica)).layer(down());
        let error = stack.oneshot(7).await.unwrap_err();
        assert_eq!(error.rejection(), None);
        let failed = error.downcast_ref::<FallbackError>().unwrap();
        assert_eq!(failed.before().and_then(Error::downcast_ref), Some(&Down(7)));
        assert_eq!(reason(failed.error()), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn a_total_timeout_outside_the_fallback_ends_its_step_too() {
        let started = now();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(2 * SECOND))
            .layer(FallbackLayer::new(fallback::service(hung())))
            .layer(TimeoutLayer::new(SECOND))
            .service(hung());
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!(started.elapsed(), 2 * SECOND);
    }
}

mod nested_breakers {
    use super::*;

    fn named(name: &'static str, failures: u32) -> CircuitBreakerLayer {
        CircuitBreakerLayer::builder(name).consecutive(failures).min_calls(1000).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_counts_in_both_circuits() {
        let (outer, inner) = (named("outer", 9), named("inner", 9));
        let (above, below) = (outer.handle(), inner.handle());
        (outer, inner).layer(down()).oneshot(0).await.unwrap_err();
        assert_eq!((counted(&above), counted(&below)), ((1, 1), (1, 1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_by_the_inner_circuit_counts_in_neither() {
        let (outer, inner) = (named("outer", 1), named("inner", 1));
        let (above, below) = (outer.handle(), inner.handle());
        below.force_open();
        let stack = (outer, inner).layer(up());
        for _ in 0..3 {
            call(&stack, 0).await.unwrap_err();
        }
        assert_eq!((above.phase(), counted(&above)), (Phase::Closed, (0, 0)));
        assert_eq!((above.snapshot().rejected, below.snapshot().rejected), (0, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_outer_circuit_leaves_the_inner_alone() {
        let (outer, inner) = (named("outer", 1), named("inner", 2));
        let (above, below) = (outer.handle(), inner.handle());
        let stack = (outer, inner).layer(down());
        for _ in 0..3 {
            call(&stack, 0).await.unwrap_err();
        }
        assert_eq!((above.phase(), below.phase()), (Phase::Open, Phase::Closed));
        assert_eq!((counted(&below), below.snapshot().rejected), ((1, 1), 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_says_which_circuit_it_was() {
        let (outer, inner) = (named("outer", 9), named("inner", 9));
        let (above, below) = (outer.handle(), inner.handle());
        let stack = (outer, inner).layer(up());
        below.force_open();
        assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "inner");
        above.force_open();
        assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "outer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_says_which_bulkhead_it_was() {
        let named = |name, places| BulkheadLayer::builder(places).name(name).build().unwrap();
        let (outer, inner) = (named("all", 1), named("one", 0));
        let places = outer.handle();
        let stack = (outer, inner).layer(up());
        assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "one");
        places.resize(0);
        assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "all");
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_an_inner_circuit_rejects_gives_its_place_back() {
        let (outer, inner) = (consecutive(1).build().unwrap(), named("inner", 9));
        let (above, below) = (outer.handle(), inner.handle());
        above.try_enter().unwrap().failure();
        advance(5 * SECOND).await;
        below.force_open();
        let stack = (outer, inner).layer(up());
        for _ in 0..3 {
            assert_eq!(name(&call(&stack, 0).await.unwrap_err()), "inner");
        }
        assert_eq!(above.phase(), Phase::HalfOpen);
        below.reset();
        call(&stack, 0).await.unwrap();
        assert_eq!(above.phase(), Phase::Closed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_around_both_counts_in_both() {
        let (outer, inner) = (named("outer", 1), named("inner", 1));
        let (above, below) = (outer.handle(), inner.handle());
        (TimeoutLayer::new(SECOND), outer, inner).layer(hung()).oneshot(0).await.unwrap_err();
        assert_eq!((above.phase(), below.phase()), (Phase::Open, Phase::Open));
    }
}

mod the_five_layers {
    use super::*;

    struct Handles {
        circuit: CircuitHandle,
        places: palisade::BulkheadHandle,
        budget: Budget,
    }

    impl Handles {
        fn assert_at_rest(&self) {
            assert_eq!((self.places.in_flight(), self.places.queued()), (0, 0));
            assert_eq!(self.budget.available(), 100);
        }
    }

    type Boxed = BoxCloneSyncService<u32, u32, Error>;

    /// The stack of the README; its circuit opens at five failures in a row.
    fn stack<S>(service: S) -> (Boxed, Handles)
    where
        S: Service<u32, Response = u32, Error = Down> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let retry = RetryLayer::builder("payments").max_attempts(3).backoff(Backoff::none()).build().unwrap();
        let breaker = consecutive(5).build().unwrap();
        let bulkhead = BulkheadLayer::new(64);
        let handles = Handles { circuit: breaker.handle(), places: bulkhead.handle(), budget: retry.budget().unwrap() };
        let service = ServiceBuilder::new()
            .layer(FallbackLayer::value(99))
            .layer(TimeoutLayer::new(3 * SECOND))
            .layer(retry)
            .layer(breaker)
            .layer(bulkhead)
            .layer(TimeoutLayer::new(SECOND))
            .service(service);
        (BoxCloneSyncService::new(service), handles)
    }

    #[tokio::test(start_paused = true)]
    async fn a_healthy_call_leaves_every_layer_at_rest() {
        let service = up();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        assert_eq!(call(&stack, 7).await.unwrap(), 7);
        assert_eq!((calls.count(), counted(&handles.circuit)), (1, (1, 0)));
        assert_eq!(handles.circuit.phase(), Phase::Closed);
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_dropped_leaves_every_layer_at_rest() {
        let (stack, handles) = stack(hung());
        let mut dropped = task::spawn(stack.oneshot(7));
        assert_pending!(dropped.poll());
        assert_eq!(handles.places.in_flight(), 1);
        drop(dropped);
        assert_eq!((handles.circuit.phase(), counted(&handles.circuit)), (Phase::Closed, (0, 0)));
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_never_polled_leaves_every_layer_at_rest() {
        let (mut stack, handles) = stack(up());
        drop(stack.ready().await.unwrap().call(7));
        assert_eq!((handles.circuit.phase(), counted(&handles.circuit)), (Phase::Closed, (0, 0)));
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_costs_as_many_executions_as_open_the_circuit() {
        let service = down();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        let mut executions = Vec::new();
        for _ in 0..4 {
            assert_eq!(call(&stack, 7).await.unwrap(), 99);
            executions.push(calls.count());
        }
        assert_eq!((executions, handles.circuit.phase()), (vec![3, 5, 5, 5], Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_service_costs_as_many_executions_as_open_the_circuit() {
        let service = hung();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        let started = now();
        for _ in 0..3 {
            assert_eq!(call(&stack, 7).await.unwrap(), 99);
        }
        assert_eq!((calls.count(), handles.circuit.phase()), (5, Phase::Open));
        assert_eq!((started.elapsed(), handles.places.in_flight()), (5 * SECOND, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_recovers_is_found_out_by_one_probe() {
        let service = scripted([1, 2, 3, 4, 5].map(|n| Err(Down(n))).into_iter().chain([Ok(6), Ok(7)]));
        let calls = service.calls();
        let (stack, handles) = stack(service);
        for _ in 0..2 {
            assert_eq!(call(&stack, 0).await.unwrap(), 99);
        }
        advance(Duration::from_millis(4999)).await;
        assert_eq!(call(&stack, 0).await.unwrap(), 99);
        advance(Duration::from_millis(1)).await;
        assert_eq!(call(&stack, 0).await.unwrap(), 6);
        assert_eq!((calls.count(), handles.circuit.phase()), (6, Phase::Closed));
        assert_eq!(call(&stack, 0).await.unwrap(), 7);
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_bulkhead_is_answered_for_without_an_execution_or_a_failure() {
        let service = up();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        handles.places.resize(0);
        assert_eq!(call(&stack, 7).await.unwrap(), 99);
        assert_eq!((calls.count(), counted(&handles.circuit)), (0, (0, 0)));
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_answer_is_kept_if_it_comes_before_the_attempt_is_over() {
        let (stack, handles) = stack(strict(|request| async move {
            sleep(Duration::from_millis(999)).await;
            Ok(request)
        }));
        assert_eq!(call(&stack, 7).await.unwrap(), 7);
        assert_eq!(counted(&handles.circuit), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn clones_share_what_their_layers_hold() {
        let service = down();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        for stack in [stack.clone(), stack.clone(), stack] {
            assert_eq!(stack.oneshot(7).await.unwrap(), 99);
        }
        assert_eq!((calls.count(), handles.circuit.phase()), (5, Phase::Open));
    }

    #[tokio::test(start_paused = true)]
    async fn the_stack_answers_through_a_buffer() {
        let service = up();
        let calls = service.calls();
        let (stack, handles) = stack(service);
        let buffered = BufferLayer::new(4).layer(stack);
        assert_eq!(call(&buffered, 7).await.unwrap(), 7);
        assert_eq!(call(&buffered, 8).await.unwrap(), 8);
        assert_eq!((calls.count(), counted(&handles.circuit)), (2, (2, 0)));
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn the_stack_answers_through_a_boxed_clone() {
        let (stack, handles) = stack(up());
        let boxed = BoxCloneService::new(stack);
        assert_eq!(call(&boxed, 7).await.unwrap(), 7);
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn the_stack_answers_through_load_shed() {
        let (stack, handles) = stack(up());
        let shedding = LoadShedLayer::new().layer(stack);
        assert_eq!(call(&shedding, 7).await.unwrap(), 7);
        handles.assert_at_rest();
    }

    #[tokio::test(start_paused = true)]
    async fn the_stack_answers_in_a_task_of_its_own() {
        let (stack, handles) = stack(up());
        assert_eq!(tokio::spawn(stack.oneshot(7)).await.unwrap().unwrap(), 7);
        handles.assert_at_rest();
    }
}

mod among_foreign_layers {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rejection_comes_through_a_buffer_whole() {
        let breaker = consecutive(1).build().unwrap();
        breaker.handle().force_open();
        let stack = ServiceBuilder::new()
            .layer(retry(3).build().unwrap())
            .layer(BufferLayer::new(4))
            .layer(breaker)
            .service(up());
        let error = stack.oneshot(0).await.unwrap_err();
        assert_eq!((reason(&error), name(&error)), (Some(RejectionReason::ForcedOpen), "circuit"));
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_through_a_buffer_stop_at_an_open_circuit() {
        let (service, breaker) = (failures(3), CircuitBreakerLayer::consecutive(3));
        let calls = service.calls();
        let stack = ServiceBuilder::new()
            .layer(retry(7).build().unwrap())
            .layer(BufferLayer::new(4))
            .layer(breaker)
            .service(service);
        assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(3)));
        assert_eq!(calls.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_stays_flat_through_foreign_layers_between_ours() {
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(3 * SECOND))
            .layer(LoadShedLayer::new())
            .layer(retry(2).build().unwrap())
            .layer(BufferLayer::new(4))
            .layer(consecutive(9).build().unwrap())
            .layer(tower::timeout::TimeoutLayer::new(SECOND))
            .layer(BulkheadLayer::new(1))
            .service(down());
        match stack.oneshot(7).await.unwrap_err() {
            Error::Service(error) => assert_eq!(error.downcast_ref(), Some(&Down(7))),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejection_comes_out_of_load_shed_whole() {
        let stack = LoadShedLayer::new().layer(BulkheadLayer::new(0).layer(up()));
        let error: BoxError = stack.oneshot(0).await.unwrap_err();
        assert_eq!(reason(&Error::from(error)), Some(RejectionReason::Full));
    }

    #[tokio::test(start_paused = true)]
    async fn load_shed_below_the_breaker_sheds_what_is_not_ready() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let stack = (breaker, LoadShedLayer::new()).layer(Unready);
        assert!(stack.oneshot(0).await.unwrap_err().downcast_ref::<Overloaded>().is_some());
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_circuit_over_a_service_that_is_not_ready_is_not_shed_but_rejected() {
        let breaker = consecutive(1).build().unwrap();
        breaker.handle().force_open();
        let error = (LoadShedLayer::new(), breaker).layer(Unready).oneshot(0).await.unwrap_err();
        assert_eq!(reason(&Error::from(error)), Some(RejectionReason::ForcedOpen));
    }

    #[tokio::test(start_paused = true)]
    async fn a_total_timeout_reaches_through_a_buffer_to_the_circuit() {
        let breaker = consecutive(1).build().unwrap();
        let circuit = breaker.handle();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(SECOND))
            .layer(BufferLayer::new(4))
            .layer(breaker)
            .service(hung());
        assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn towers_concurrency_limit_below_the_breaker_holds_readiness_back_and_no_place() {
        let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(2));
        let places = bulkhead.handle();
        let limit = tower::limit::ConcurrencyLimitLayer::new(1);
        let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).layer(limit).service(hung());
        let (mut first, mut second) = (task::spawn(stack.clone().oneshot(0)), task::spawn(stack.oneshot(0)));
        assert_pending!(first.poll());
        assert_pending!(second.poll());
        assert_eq!(places.in_flight(), 1);
        drop(first);
        assert!(second.is_woken());
        assert_pending!(second.poll());
        assert_eq!(places.in_flight(), 1);
    }

    /// Never ready.
    #[derive(Clone, Debug)]
    struct Unready;

    impl Service<u32> for Unready {
        type Response = u32;
        type Error = Down;
        type Future = Pending<Result<u32, Down>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Down>> {
            std::task::Poll::Pending
        }

        fn call(&mut self, _: u32) -> Self::Future {
            panic!("it was never ready")
        }
    }
}
