//! Each part stands in its place, in whatever order the setters are called.

use palisade::call::Plain;
use palisade::fallback::{Value, value};
use palisade::standard::{BuiltCircuitBreaker, BuiltRetry};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, Criticality, FallbackLayer, HedgeLayer, Rate, RateLimitLayer,
    RetryLayer, StandardLayer, ThrottleLayer, TimeoutLayer, fallback, retry,
};
use tower::ServiceBuilder;
use tower::layer::util::Identity;

use super::*;

const STALE: u32 = 404;

type Whole = (Identity, FallbackLayer<Value<u32>, fallback::ByOutcome>, Identity, TimeoutLayer, RateLimitLayer);
type Attempt = (HedgeLayer, BuiltCircuitBreaker<Plain>, ThrottleLayer, BulkheadLayer, TimeoutLayer, Identity);
type Stack = StandardLayer<Plain, Whole, BuiltRetry<retry::Rules>, Attempt>;

fn five_an_hour() -> RateLimitLayer {
    RateLimitLayer::builder("payments", Rate::per(3600 * SECOND, 5)).build().unwrap()
}

/// It starts no hedge.
fn hedge() -> HedgeLayer {
    HedgeLayer::builder("payments").max_hedges(0).build().unwrap()
}

/// It rejects next to nothing.
fn throttle() -> ThrottleLayer {
    ThrottleLayer::builder("payments").max_rejection(f64::MIN_POSITIVE).build().unwrap()
}

/// Calls these setters in this order.
macro_rules! set {
    ($stack:expr;) => { $stack };
    ($stack:expr; fallback $($rest:ident)*) => { set!($stack.fallback(value(STALE)); $($rest)*) };
    ($stack:expr; total $($rest:ident)*) => { set!($stack.total_timeout(3 * SECOND); $($rest)*) };
    ($stack:expr; rate $($rest:ident)*) => { set!($stack.rate_limit(five_an_hour()); $($rest)*) };
    ($stack:expr; retry $($rest:ident)*) => {
        set!($stack.retry(|retry| retry.max_attempts(9).backoff(Backoff::constant(SECOND / 2))).unwrap(); $($rest)*)
    };
    ($stack:expr; hedge $($rest:ident)*) => { set!($stack.hedge(hedge()); $($rest)*) };
    ($stack:expr; circuit $($rest:ident)*) => {
        set!($stack.circuit_breaker(|circuit| circuit.consecutive(100)).unwrap(); $($rest)*)
    };
    ($stack:expr; throttle $($rest:ident)*) => { set!($stack.throttle(throttle()); $($rest)*) };
    ($stack:expr; bulkhead $($rest:ident)*) => { set!($stack.bulkhead(1); $($rest)*) };
    ($stack:expr; attempt $($rest:ident)*) => { set!($stack.attempt_timeout(2 * SECOND); $($rest)*) };
}

macro_rules! set_in_orders {
    ($($($setter:ident)+;)+) => { [$(set!(standard("payments").unwrap(); $($setter)+)),+] };
}

/// Forwards and backwards, beginning with each setter.
fn in_every_order() -> [Stack; 18] {
    set_in_orders! {
        fallback total rate retry hedge circuit throttle bulkhead attempt;
        total rate retry hedge circuit throttle bulkhead attempt fallback;
        rate retry hedge circuit throttle bulkhead attempt fallback total;
        retry hedge circuit throttle bulkhead attempt fallback total rate;
        hedge circuit throttle bulkhead attempt fallback total rate retry;
        circuit throttle bulkhead attempt fallback total rate retry hedge;
        throttle bulkhead attempt fallback total rate retry hedge circuit;
        bulkhead attempt fallback total rate retry hedge circuit throttle;
        attempt fallback total rate retry hedge circuit throttle bulkhead;
        attempt bulkhead throttle circuit hedge retry rate total fallback;
        bulkhead throttle circuit hedge retry rate total fallback attempt;
        throttle circuit hedge retry rate total fallback attempt bulkhead;
        circuit hedge retry rate total fallback attempt bulkhead throttle;
        hedge retry rate total fallback attempt bulkhead throttle circuit;
        retry rate total fallback attempt bulkhead throttle circuit hedge;
        rate total fallback attempt bulkhead throttle circuit hedge retry;
        total fallback attempt bulkhead throttle circuit hedge retry rate;
        fallback attempt bulkhead throttle circuit hedge retry rate total;
    }
}

/// Also that of HTTP and gRPC, whose stacks are of the same code.
#[test]
fn its_services_are_those_of_its_layers_by_hand() {
    for stack in in_every_order() {
        let by_hand = ServiceBuilder::new()
            .layer(FallbackLayer::value(STALE))
            .layer(TimeoutLayer::new(3 * SECOND))
            .layer(five_an_hour())
            .layer(RetryLayer::builder("payments").build().unwrap())
            .layer(hedge())
            .layer(CircuitBreakerLayer::builder("payments").build().unwrap())
            .layer(throttle())
            .layer(BulkheadLayer::new(1))
            .layer(TimeoutLayer::new(2 * SECOND))
            .service(up::<u32>());
        same(&stack.layer(up()), &by_hand);
    }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_counted() {
    for stack in in_every_order() {
        let inner = coded(&[1, 2, 200]);
        assert_eq!(call(&stack, inner.clone()).await.unwrap(), 200);
        let counts = stack.handles().circuit.snapshot().counts;
        // The first counts in the rate, and each in a row, which a success ends.
        assert_eq!((counts.calls, counts.failures, counts.consecutive), (2, 1, 0));
        assert_eq!(inner.calls().count(), 3);
    }
}

/// The attempts begin at 0 s and 2.5 s. The second is abandoned, because it had less than half of the total timeout.
#[tokio::test(start_paused = true)]
async fn a_slow_attempt_fails_and_a_slow_call_falls_back() {
    for stack in in_every_order() {
        let (inner, begun) = (hung(), now());
        assert_eq!(call(&stack, inner.clone()).await.unwrap(), STALE);
        assert_eq!((begun.elapsed(), inner.calls().count()), (3 * SECOND, 2));
        assert_eq!(stack.handles().circuit.snapshot().counts.consecutive, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stops_the_attempts_before_the_bulkhead() {
    for stack in in_every_order() {
        let handles = stack.handles();
        let (circuit, place) = (handles.circuit, handles.bulkhead.try_enter().unwrap());
        circuit.force_open();
        let (inner, begun) = (up(), now());
        assert_eq!(call(&stack, inner.clone()).await.unwrap(), STALE);
        assert_eq!((circuit.snapshot().rejected, inner.calls().count()), (1, 0));
        assert_eq!(begun.elapsed(), std::time::Duration::ZERO);
        drop(place);
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_neither_counted_nor_tried_again() {
    for stack in in_every_order() {
        let handles = stack.handles();
        let (circuit, place) = (handles.circuit, handles.bulkhead.try_enter().unwrap());
        let (inner, begun) = (up(), now());
        assert_eq!(call(&stack, inner.clone()).await.unwrap(), STALE);
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.counts.calls, snapshot.rejected, inner.calls().count()), (0, 0, 0));
        assert_eq!(begun.elapsed(), std::time::Duration::ZERO);
        drop(place);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_comes_too_soon_is_not_attempted_and_one_counts_once() {
    for stack in in_every_order() {
        let handles = stack.handles();
        assert_eq!(call(&stack, coded(&[1, 200])).await.unwrap(), 200);
        assert_eq!(handles.rate_limit.snapshot().available, 4, "two attempts are one call");
        handles.rate_limit.drain();
        let inner = up();
        assert_eq!(call(&stack, inner.clone()).await.unwrap(), STALE);
        assert_eq!((handles.rate_limit.snapshot().rejected, inner.calls().count()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_holds_no_place_between_its_attempts() {
    for stack in in_every_order() {
        let places = stack.handles().bulkhead;
        let mut call = tokio_test::task::spawn(stack.layer(coded(&[1, 200])).oneshot(1));
        assert!(call.poll().is_pending());
        assert_eq!(places.in_flight(), 0);
        tokio::time::advance(SECOND).await;
        assert_eq!(call.await.unwrap(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_counts_what_the_circuit_lets_pass_and_a_bulkhead_takes() {
    for stack in in_every_order() {
        let handles = stack.handles();
        assert_eq!(call(&stack, coded(&[1, 2, 200])).await.unwrap(), 200);
        let place = handles.bulkhead.try_enter().unwrap();
        assert_eq!(call(&stack, up()).await.unwrap(), STALE);
        handles.circuit.force_open();
        drop(place);
        assert_eq!(call(&stack, up()).await.unwrap(), STALE);
        let counted = handles.throttle.snapshot(Criticality::Critical);
        assert_eq!((counted.requests, counted.accepts), (3, 1));
    }
}
