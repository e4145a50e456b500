//! Time is tokio's; what needs no time needs no timer, nor a runtime.

use std::time::Duration;

use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, Deadline, Error, RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceExt};

use crate::{
    inner::{
        Answer::{After, Never},
        Inner,
    },
    stacks::{self, Palisade, STALE, Stack, holds_for},
    support::Down,
};

/// Polls a call once where there is no runtime: whoever makes a timer there panics.
fn answer_without_a_runtime<S: Palisade>(stack: &Stack<S>) {
    let mut call = task::spawn(stack.call_clone(1));
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}

macro_rules! ready_at_once {
    ($($stack:ident)+) => {
        mod a_call_that_is_ready_at_once_needs_no_timer {
            use super::*;

            $(
                #[test]
                fn $stack() {
                    answer_without_a_runtime(&stacks::$stack(Inner::default()));
                }
            )+
        }
    };
}

ready_at_once! {
    circuit_breaker retrying timeout timeout_of_readiness bulkhead bulkhead_with_queue fallback
    five_in_order five_upside_down five_with_retry_inside_the_breaker
}

#[test]
fn a_retry_without_delay_needs_no_timer() {
    let inner = Inner::default().answers([After(0, Err(Down(1))), After(0, Err(Down(1)))]);
    let layer = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    let mut call = task::spawn(layer.layer(inner.clone()).oneshot(1));
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
    assert_eq!(inner.calls(), 3);
}

#[test]
fn a_retry_whose_delay_is_zero_with_jitter_needs_no_timer() {
    for jitter in [palisade::Jitter::None, palisade::Jitter::Equal, palisade::Jitter::Full] {
        let inner = Inner::default().answers([After(0, Err(Down(1)))]);
        let backoff = Backoff::exponential(Duration::ZERO, Duration::ZERO).jitter(jitter);
        let layer = RetryLayer::builder("retry").backoff(backoff).build().unwrap();
        let mut call = task::spawn(layer.layer(inner).oneshot(1));
        assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
    }
}

#[test]
fn a_limit_of_zero_needs_no_timer() {
    let hung = TimeoutLayer::new(Duration::ZERO).layer(Inner::default().ever_answers(Never));
    let mut call = task::spawn(hung.oneshot(1));
    assert!(assert_ready!(call.poll()).unwrap_err().is_timeout());
}

#[test]
fn a_limit_of_zero_on_readiness_needs_no_timer() {
    let hung = TimeoutLayer::new(Duration::ZERO).cover_readiness().layer(Inner::default().ever_answers(Never));
    let mut call = task::spawn(hung.oneshot(1));
    assert!(assert_ready!(call.poll()).unwrap_err().is_timeout());
}

#[test]
fn a_limit_of_zero_polls_a_call_once() {
    let service = TimeoutLayer::new(Duration::ZERO).layer(Inner::default().answers([After(0, Ok(5))]));
    let mut call = task::spawn(service.oneshot(1));
    assert_eq!(assert_ready!(call.poll()).unwrap(), 5);
}

#[test]
fn limits_of_zero_within_each_other_need_no_timer() {
    let limit = TimeoutLayer::new(Duration::ZERO);
    for outer in [Duration::ZERO, Duration::from_secs(1), Duration::MAX] {
        let service = TimeoutLayer::new(outer).layer(limit.layer(limit.layer(Inner::default().ever_answers(Never))));
        let mut call = task::spawn(service.oneshot(1));
        assert!(assert_ready!(call.poll()).unwrap_err().is_timeout());
    }
}

#[test]
fn a_wait_of_zero_needs_no_timer() {
    let layer = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
    let rejected = assert_ready!(call.poll()).unwrap_err();
    assert_eq!(rejected.rejection().unwrap().reason(), RejectionReason::WaitedTooLong);
    drop(place);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[test]
fn a_wait_without_limit_needs_no_timer() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
    assert_pending!(call.poll());
    drop(place);
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}

#[test]
fn an_open_time_of_zero_is_over_at_once() {
    let layer = CircuitBreakerLayer::builder("circuit").consecutive(1).open_for(Backoff::none()).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    assert!(layer.handle().try_enter().is_ok());
}

/// Retries wait for their time; everything else ends in a clock that stands still.
async fn a_clock_that_stands_still_stops_no_call<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(After(3, Ok(5))));
    let before = Deadline::after(Duration::ZERO);
    for _ in 0..100 {
        let mut call = task::spawn(stack.call_clone(1));
        for _ in 0..3 {
            assert_pending!(call.poll());
            assert!(call.is_woken());
        }
        assert_eq!(assert_ready!(call.poll()).unwrap(), 5);
    }
    assert_eq!(Deadline::after(Duration::ZERO), before);
    stack.handles.assert_at_rest();
}
holds_for!(every stack: a_clock_that_stands_still_stops_no_call);

async fn time_that_leaps_stops_no_call<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    for _ in 0..10 {
        advance(Duration::from_secs(1 << 28)).await;
        assert_eq!(stack.call_clone(1).await.unwrap(), 1);
    }
    stack.handles.assert_at_rest();
}
holds_for!(every stack: time_that_leaps_stops_no_call);

async fn a_deadline_that_has_passed_ends_what_hangs<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    let past = Deadline::after(Duration::ZERO);
    advance(Duration::from_secs(1)).await;
    let mut call = task::spawn(past.scope(stack.call_clone(1)));
    let answer = assert_ready!(call.poll());
    assert!(matches!(answer, Ok(STALE) | Err(Error::TimedOut(_))), "{answer:?}");
    drop(call);
    stack.handles.assert_at_rest();
}
holds_for! {
    timeout timeout_of_readiness five_in_order five_upside_down five_with_retry_inside_the_breaker:
    a_deadline_that_has_passed_ends_what_hangs
}

async fn a_call_leaves_no_deadline_behind<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([After(1, Ok(1)), After(0, Err(Down(1))), Never]));
    for _ in 0..3 {
        let mut call = task::spawn(stack.call_clone(1));
        drop(call.poll());
        assert_eq!(Deadline::current(), None);
        drop(call);
        assert_eq!(Deadline::current(), None);
    }
}
holds_for!(every stack: a_call_leaves_no_deadline_behind);

async fn the_nearest_deadline_is_seen_below<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let deadline = Deadline::after(Duration::from_millis(1));
    let stack = build(Inner::default());
    let seen = deadline.scope(async {
        let answer = stack.call_clone(1).await;
        (answer.ok(), Deadline::current())
    });
    assert_eq!(seen.await, (Some(1), Some(deadline)));
}
holds_for!(every stack: the_nearest_deadline_is_seen_below);
