//! Everything is bounded.

use std::time::Duration;

use palisade::{Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, RejectionReason, RetryLayer};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceExt};

use crate::{
    inner::{
        Answer::{After, Never},
        Inner,
    },
    stacks::{PLACES, PROBES, Palisade, Stack, TOKENS, holds_for},
    support::Down,
};

async fn a_call_is_sent_three_times_at_most<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever_answers(After(0, Err(Down(1))));
    let stack = build(inner.clone());
    for call in 1..=3 {
        stack.call_clone(1).await.ok();
        assert!((call..=3 * call).contains(&inner.calls()));
    }
}
holds_for!(every stack: a_call_is_sent_three_times_at_most);

async fn retries_of_all_calls_together_are_bounded_by_the_budget<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever_answers(After(0, Err(Down(1))));
    let stack = build(inner.clone());
    stack.handles.circuit.iter().for_each(palisade::CircuitHandle::force_closed);
    for _ in 0..50 {
        stack.call_clone(1).await.ok();
    }
    let retries = u64::try_from(inner.calls()).unwrap() - 50;
    assert_eq!(retries, TOKENS - stack.handles.budget.unwrap().available());
    assert!(retries <= TOKENS);
}
holds_for!(every retry: retries_of_all_calls_together_are_bounded_by_the_budget);

async fn calls_in_flight_are_bounded_by_the_places<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever_answers(Never);
    let stack = build(inner.clone());
    let mut calls: Vec<_> = (0..100).map(|_| task::spawn(stack.call_clone(1))).collect();
    for call in &mut calls {
        drop(call.poll());
    }
    assert_eq!((inner.alive(), inner.calls()), (PLACES, PLACES));
    drop(calls);
    stack.handles.assert_at_rest();
}
holds_for!(every bulkhead: calls_in_flight_are_bounded_by_the_places);

async fn probes_in_flight_are_bounded<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever_answers(Never);
    let stack = build(inner.clone());
    stack.handles.trip();
    let mut calls: Vec<_> = (0..100).map(|_| task::spawn(stack.call_clone(1))).collect();
    for call in &mut calls {
        drop(call.poll());
    }
    assert_eq!((inner.alive(), inner.calls()), (PROBES, PROBES));
    drop(calls);
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: probes_in_flight_are_bounded);

#[tokio::test(start_paused = true)]
async fn a_queue_holds_as_many_as_it_may_and_rejects_the_next() {
    let layer = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut calls: Vec<_> = (0..3).map(|_| task::spawn(layer.layer(Inner::default()).oneshot(1))).collect();
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    let mut next = task::spawn(layer.layer(Inner::default()).oneshot(1));
    let rejected = assert_ready!(next.poll()).unwrap_err();
    assert_eq!(rejected.rejection().unwrap().reason(), RejectionReason::QueueFull);
    assert_eq!(layer.handle().queued(), 3);
    drop((place, calls));
}

#[tokio::test(start_paused = true)]
async fn a_queue_defaults_to_as_many_as_there_are_places() {
    let layer = BulkheadLayer::builder(4).max_wait(Duration::from_secs(9)).build().unwrap();
    let mut calls: Vec<_> =
        (0..20).map(|_| task::spawn(layer.layer(Inner::default().ever_answers(Never)).oneshot(1))).collect();
    for call in &mut calls {
        drop(call.poll());
    }
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_budget_never_holds_more_than_its_capacity() {
    let budget = Budget::builder().capacity(3).ratio(1000.0).per_second(1e6).build().unwrap();
    let layer = RetryLayer::builder("retry").backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(1)).await;
        layer.layer(Inner::default()).oneshot(1).await.unwrap();
        assert_eq!(budget.available(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_of_calls_counts_no_more_than_it_holds() {
    let layer = CircuitBreakerLayer::builder("circuit").count_window(10).min_calls(10).build().unwrap();
    for _ in 0..1000 {
        layer.handle().try_enter().unwrap().success();
    }
    assert_eq!(layer.handle().snapshot().counts.calls, 10);
}

#[test]
fn a_name_given_as_text_is_kept_once() {
    let names: Vec<_> = (0..100).map(|_| palisade::Name::new("dependency".to_owned()).unwrap()).collect();
    assert!(names.iter().all(|name| std::ptr::eq(name.as_str(), names[0].as_str())));
}
