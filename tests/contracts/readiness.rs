//! Only an inner service that was itself polled ready is called; readiness parks nothing, and its errors are results.

use std::time::Duration;

use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, Error, Outcome, Phase, RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceExt};

use crate::{
    inner::{
        Answer::{self, After},
        Inner,
        Readiness::{Fails, Ready, Stalled},
    },
    stacks::{Palisade, STALE, Stack, holds_for},
    support::Down,
};

/// The inner panics when it is called without having been polled ready.
async fn only_an_instance_that_was_polled_ready_is_called<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().answers([After(1, Err(Down(1))), After(0, Err(Down(2))), Answer::Echo]);
    let mut stack = build(inner.clone());
    for request in 0..4 {
        stack.call(request).await.ok();
    }
    assert!(inner.calls() >= 4);
}
holds_for!(every stack: only_an_instance_that_was_polled_ready_is_called);

async fn a_clone_of_a_ready_service_starts_not_ready<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default());
    let service = stack.service.ready().await.unwrap();
    let clone = service.clone();
    assert_eq!(clone.oneshot(1).await.unwrap(), 1);
    assert_eq!(service.call(2).await.unwrap(), 2);
}
holds_for!(every stack: a_clone_of_a_ready_service_starts_not_ready);

async fn the_ready_instance_may_be_swapped_for_a_clone<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut service = build(Inner::default()).service;
    for request in 0..3 {
        service.ready().await.unwrap();
        let clone = service.clone();
        let mut ready = std::mem::replace(&mut service, clone);
        assert_eq!(ready.call(request).await.unwrap(), request);
    }
}
holds_for!(every stack: the_ready_instance_may_be_swapped_for_a_clone);

async fn one_call_needs_one_poll_for_readiness_each<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default();
    let mut stack = build(inner.clone());
    for request in 0..5 {
        stack.call(request).await.unwrap();
    }
    assert_eq!((inner.polled(), inner.calls()), (5, 5));
}
holds_for!(every stack: one_call_needs_one_poll_for_readiness_each);

async fn a_stalled_inner_wakes_the_caller_when_it_is_ready<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().will_be([Stalled]);
    let mut call = task::spawn(build(inner.clone()).call_clone(1));
    assert_pending!(call.poll());
    assert!(!call.is_woken());
    inner.wake();
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}
holds_for!(every stack: a_stalled_inner_wakes_the_caller_when_it_is_ready);

async fn a_call_that_waits_for_readiness_reaches_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever(Stalled);
    let stack = build(inner.clone());
    let mut call = task::spawn(stack.call_clone(1));
    for _ in 0..3 {
        assert_pending!(call.poll());
    }
    drop(call);
    assert_eq!(inner.calls(), 0);
    stack.handles.assert_at_rest();
}
holds_for!(every stack: a_call_that_waits_for_readiness_reaches_nothing);

async fn a_readiness_error_is_the_result_of_the_call<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever(Fails(Down(7)));
    let mut stack = build(inner.clone());
    match stack.call(1).await {
        Ok(answer) => assert!(stack.handles.falls_back && answer == STALE),
        Err(error) => assert!(!stack.handles.falls_back && error.downcast_ref() == Some(&Down(7)), "{error:?}"),
    }
    assert_eq!(inner.calls(), 0);
    stack.handles.assert_at_rest();
}
holds_for!(every stack: a_readiness_error_is_the_result_of_the_call);

async fn a_service_that_was_unready_once_is_called_again<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default().will_be([Fails(Down(7))]));
    stack.call(1).await.ok();
    assert_eq!(stack.call(2).await.unwrap(), 2);
}
holds_for!(every stack: a_service_that_was_unready_once_is_called_again);

/// `Ready(Ok)` may be followed by `Ready(Err)`, and then the instance is not ready any more.
async fn an_instance_that_was_ready_before_it_failed_is_polled_again<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().will_be([Ready, Fails(Down(7))]);
    let mut stack = build(inner.clone());
    let mut service = task::spawn(());
    service.enter(|cx, _| {
        assert!(stack.service.poll_ready(cx).is_ready());
        assert!(stack.service.poll_ready(cx).is_ready());
    });
    let circuit = stack.handles.circuit.clone();
    circuit.iter().for_each(palisade::CircuitHandle::force_open);
    service.enter(|cx, _| assert!(stack.service.poll_ready(cx).is_ready()));
    circuit.iter().for_each(palisade::CircuitHandle::reset);
    match stack.service.call(1).await {
        Ok(answer) => assert!([1, STALE].contains(&answer)),
        Err(error) => assert_eq!(error.downcast_ref(), Some(&Down(7))),
    }
}
holds_for!(every stack: an_instance_that_was_ready_before_it_failed_is_polled_again);

async fn idle_ready_clones_starve_nobody<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    stack.handles.trip();
    let mut idle: Vec<_> = (0..10).map(|_| stack.service.clone()).collect();
    for service in &mut idle {
        service.ready().await.unwrap();
    }
    assert_eq!(stack.call_clone(1).await.unwrap(), 1);
    assert_eq!(stack.call_clone(2).await.unwrap(), 2);
    drop(idle);
    stack.handles.assert_at_rest();
}
holds_for!(every stack: idle_ready_clones_starve_nobody);

async fn readiness_alone_takes_no_place<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default());
    stack.service.ready().await.unwrap();
    for bulkhead in &stack.handles.bulkheads {
        assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (0, 0));
    }
}
holds_for!(every bulkhead: readiness_alone_takes_no_place);

async fn readiness_alone_takes_no_probe<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default());
    stack.handles.trip();
    stack.service.ready().await.unwrap();
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: readiness_alone_takes_no_probe);

async fn a_probe_of_a_stalled_inner_gives_its_place_back<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever(Stalled);
    let stack = build(inner.clone());
    stack.handles.trip();
    let mut calls: Vec<_> = (0..4).map(|_| task::spawn(stack.call_clone(1))).collect();
    for call in &mut calls {
        drop(call.poll());
    }
    drop(calls);
    assert_eq!(inner.calls(), 0);
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: a_probe_of_a_stalled_inner_gives_its_place_back);

#[tokio::test(start_paused = true)]
async fn an_open_circuit_leaves_the_readiness_of_the_inner_alone() {
    let (inner, layer) = (Inner::default(), CircuitBreakerLayer::consecutive(1));
    layer.handle().force_open();
    let mut service = layer.layer(inner.clone());
    assert!(service.ready().await.unwrap().call(1).await.is_err());
    assert_eq!(inner.polled(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_closed_between_ready_and_call_looks_at_the_inner_once() {
    let (inner, layer) = (Inner::default(), CircuitBreakerLayer::consecutive(1));
    layer.handle().force_open();
    let mut service = layer.layer(inner.clone());
    service.ready().await.unwrap();
    layer.handle().reset();
    assert_eq!(service.call(1).await.unwrap(), 1);
    assert_eq!(inner.polled(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_closed_between_ready_and_call_rejects_where_the_inner_is_not_ready() {
    let (inner, layer) = (Inner::default().ever(Stalled), CircuitBreakerLayer::consecutive(1));
    layer.handle().force_open();
    let mut service = layer.layer(inner.clone());
    service.ready().await.unwrap();
    layer.handle().reset();
    let error = service.call(1).await.unwrap_err();
    assert_eq!(error.rejection().unwrap().reason(), RejectionReason::NotReady);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_inner_fails_to_be_ready_is_a_failure() {
    let layer = CircuitBreakerLayer::builder("circuit").consecutive(1).open_for(Backoff::none()).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    let mut service = layer.layer(Inner::default().ever(Fails(Down(7))));
    service.ready().await.unwrap();
    let error = service.call(1).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(7)));
    assert_eq!(layer.handle().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_records_a_readiness_error_as_one_failure() {
    let layer = CircuitBreakerLayer::builder("circuit").build().unwrap();
    let mut service = layer.layer(Inner::default().ever(Fails(Down(7))));
    assert!(service.ready().await.is_err());
    let counts = layer.handle().snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_asks_its_classifier_what_a_readiness_error_means() {
    let ignore = |_: Result<&u32, &Error>| Outcome::Ignored;
    let layer = CircuitBreakerLayer::builder("circuit").classify(ignore).build().unwrap();
    let mut service = layer.layer(Inner::default().ever(Fails(Down(7))));
    assert!(service.ready().await.is_err());
    assert_eq!(layer.handle().snapshot().counts.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_retry_awaits_the_readiness_of_the_instance_that_it_calls() {
    let inner = Inner::default().answers([After(0, Err(Down(1)))]).will_be([Ready, Stalled]);
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    let mut call = task::spawn(retry.layer(inner.clone()).oneshot(5));
    assert_pending!(call.poll());
    assert_eq!(inner.calls(), 1);
    inner.wake();
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_before_a_retry_is_a_result_like_others() {
    let inner = Inner::default().answers([After(0, Err(Down(1)))]).will_be([Ready, Fails(Down(7))]);
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap();
    assert_eq!(retry.layer(inner.clone()).oneshot(5).await.unwrap(), 5);
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_leaves_the_wait_for_readiness_alone() {
    let inner = Inner::default().ever(Stalled);
    let mut service = TimeoutLayer::new(Duration::from_secs(1)).layer(inner);
    let waited = tokio::time::timeout(Duration::from_secs(60), service.ready()).await;
    assert!(waited.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_covers_readiness_ends_the_wait_for_it() {
    let inner = Inner::default().ever(Stalled);
    let service = TimeoutLayer::new(Duration::from_secs(1)).cover_readiness().layer(inner);
    let error = service.oneshot(1).await.unwrap_err();
    assert!(error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_queueing_bulkhead_leaves_the_inner_alone_until_it_admits() {
    let inner = Inner::default();
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut service = layer.layer(inner.clone());
    let mut call = task::spawn(service.ready().await.unwrap().call(1));
    assert_pending!(call.poll());
    assert_eq!(inner.polled(), 0);
    drop(place);
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}
