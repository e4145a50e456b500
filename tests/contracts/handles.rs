//! Handles look at the state of a layer and steer it: cheap to clone, without waiting, from anywhere.

use std::{sync::mpsc, thread, time::Duration};

use palisade::{
    Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Phase, RetryLayer, TimeoutLayer,
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceExt};

use crate::{
    inner::{
        Answer::{After, Never},
        Inner,
    },
    stacks::{PLACES, Palisade, Stack, holds_for},
    support::Down,
};

/// Not generic: one list holds the handles of layers of any kind of service.
#[derive(Clone, Debug, Default)]
struct Dashboard {
    circuits: Vec<CircuitHandle>,
    bulkheads: Vec<BulkheadHandle>,
    budgets: Vec<Budget>,
}

#[tokio::test(start_paused = true)]
async fn handles_of_differing_layers_fit_into_one_list() {
    let plain = CircuitBreakerLayer::consecutive(1);
    let judged = CircuitBreakerLayer::builder("judged")
        .classify(|_: Result<&u32, &palisade::Error>| palisade::Outcome::Success)
        .build()
        .unwrap();
    let queue = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let dashboard = Dashboard {
        circuits: vec![plain.handle(), judged.handle()],
        bulkheads: vec![BulkheadLayer::new(1).handle(), queue.handle()],
        budgets: RetryLayer::builder("retry").build().unwrap().budget().into_iter().collect(),
    };
    let copy = dashboard.clone();
    plain.handle().force_open();
    assert_eq!(copy.circuits[0].phase(), Phase::ForcedOpen);
    assert_eq!((copy.circuits.len(), copy.bulkheads.len(), copy.budgets.len()), (2, 2, 1));
}

async fn a_handle_outlives_its_stack<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let Stack { service, handles } = build(Inner::default());
    drop(service);
    if let Some(circuit) = &handles.circuit {
        circuit.force_open();
        assert!(circuit.try_enter().is_err());
    }
    for bulkhead in &handles.bulkheads {
        bulkhead.resize(5);
        assert_eq!(bulkhead.limit(), 5);
    }
}
holds_for!(every bulkhead: a_handle_outlives_its_stack);

async fn clones_of_a_handle_see_the_same_circuit<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    let circuit = stack.handles.circuit.clone().unwrap();
    let clone = circuit.clone();
    stack.call_clone(1).await.unwrap();
    assert_eq!(clone.snapshot(), circuit.snapshot());
    assert_eq!(clone.snapshot().counts.calls, 1);
}
holds_for!(every circuit: clones_of_a_handle_see_the_same_circuit);

async fn a_circuit_forced_open_lets_no_call_through<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default();
    let mut stack = build(inner.clone());
    stack.handles.circuit.clone().unwrap().clone().force_open();
    for _ in 0..5 {
        stack.call(1).await.ok();
        stack.call_clone(1).await.ok();
    }
    assert_eq!((inner.calls(), inner.polled()), (0, 0));
    assert_eq!(stack.handles.circuit.unwrap().snapshot().rejected, 10);
}
holds_for! { circuit_breaker five_in_order five_with_retry_inside_the_breaker: a_circuit_forced_open_lets_no_call_through }

async fn a_circuit_forced_closed_lets_every_call_through<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().answers([After(0, Err(Down(1))); 100]);
    let stack = build(inner.clone());
    stack.handles.circuit.clone().unwrap().force_closed();
    for _ in 0..200 {
        stack.call_clone(1).await.ok();
    }
    assert_eq!(stack.call_clone(2).await.unwrap(), 2);
    assert_eq!(stack.handles.circuit.unwrap().snapshot().rejected, 0);
}
holds_for!(every circuit: a_circuit_forced_closed_lets_every_call_through);

async fn a_reset_lets_calls_through_again<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default());
    let circuit = stack.handles.circuit.clone().unwrap();
    for steer in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        steer(&circuit);
        stack.call(1).await.ok();
        circuit.reset();
        assert_eq!(circuit.phase(), Phase::Closed);
        assert_eq!(stack.call(2).await.unwrap(), 2);
    }
}
holds_for!(every circuit: a_reset_lets_calls_through_again);

async fn a_handle_steers_from_another_thread<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    let circuit = stack.handles.circuit.clone().unwrap();
    let elsewhere = circuit.clone();
    thread::spawn(move || elsewhere.force_open()).join().unwrap();
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
}
holds_for!(every circuit: a_handle_steers_from_another_thread);

async fn a_handle_shows_the_calls_that_hold_a_place<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    let mut calls: Vec<_> = (0..PLACES).map(|_| task::spawn(stack.call_clone(1))).collect();
    for (number, call) in calls.iter_mut().enumerate() {
        assert_pending!(call.poll());
        for bulkhead in &stack.handles.bulkheads {
            assert_eq!((bulkhead.in_flight(), bulkhead.limit()), (number + 1, PLACES));
        }
    }
}
holds_for!(every bulkhead: a_handle_shows_the_calls_that_hold_a_place);

async fn growing_by_a_handle_wakes_who_waits<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    let queue = stack.handles.bulkheads.iter().find(|bulkhead| bulkhead.name().as_str() == "queue").unwrap().clone();
    queue.resize(0);
    let mut call = task::spawn(stack.call_clone(1));
    assert_pending!(call.poll());
    assert_eq!(queue.queued(), 1);
    queue.clone().resize(1);
    assert!(call.is_woken());
    assert_eq!(assert_ready!(call.poll()).unwrap(), 1);
}
holds_for!(every queue: growing_by_a_handle_wakes_who_waits);

async fn a_guard_of_a_handle_takes_a_place_from_the_services<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default();
    let stack = build(inner.clone());
    let guards: Vec<_> = stack
        .handles
        .bulkheads
        .iter()
        .flat_map(|bulkhead| (0..PLACES).map(|_| bulkhead.try_enter().unwrap()))
        .collect();
    let mut call = task::spawn(stack.call_clone(1));
    drop(call.poll());
    assert_eq!(inner.calls(), 0);
    drop((call, guards));
    assert_eq!(stack.call_clone(2).await.unwrap(), 2);
}
holds_for!(every bulkhead: a_guard_of_a_handle_takes_a_place_from_the_services);

/// Two layers of one value wrap two services, as axum does for each route.
#[tokio::test(start_paused = true)]
async fn services_made_by_one_layer_share_its_state() {
    let breaker = CircuitBreakerLayer::consecutive(2);
    for _ in 0..2 {
        let failing = breaker.clone().layer(Inner::default().ever_answers(After(0, Err(Down(1)))));
        failing.oneshot(1).await.ok();
    }
    let rejected = breaker.layer(Inner::default()).oneshot(1).await.unwrap_err();
    assert!(rejected.rejection().is_some());
}

#[tokio::test(start_paused = true)]
async fn services_made_by_one_bulkhead_share_its_places() {
    let bulkhead = BulkheadLayer::new(1);
    let mut first = task::spawn(bulkhead.layer(Inner::default().ever_answers(Never)).oneshot(1));
    assert_pending!(first.poll());
    let second = bulkhead.clone().layer(Inner::default()).oneshot(1).await;
    assert!(second.unwrap_err().rejection().is_some());
}

#[tokio::test(start_paused = true)]
async fn services_made_by_one_retry_share_its_budget() {
    let budget = Budget::builder().capacity(1).ratio(0.0).per_second(0.0).build().unwrap();
    let retry = RetryLayer::builder("retry").budget(budget).build().unwrap();
    let inner = Inner::default().ever_answers(After(0, Err(Down(1))));
    retry.layer(inner.clone()).oneshot(1).await.ok();
    retry.clone().layer(inner.clone()).oneshot(1).await.ok();
    assert_eq!(inner.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn layers_built_apart_share_nothing() {
    let (one, other) = (CircuitBreakerLayer::consecutive(1), CircuitBreakerLayer::consecutive(1));
    one.handle().force_open();
    assert_eq!(other.handle().phase(), Phase::Closed);
}

/// Whoever looks must not wait for a call in flight, nor keep one.
#[test]
fn a_handle_never_waits_for_a_call() {
    let (breaker, bulkhead) = (CircuitBreakerLayer::consecutive(1), BulkheadLayer::new(1));
    let limit = TimeoutLayer::new(Duration::MAX);
    let service = limit.layer(breaker.layer(bulkhead.layer(Inner::default().answers([After(0, Ok(1))]))));
    let held = (breaker.handle().try_enter().unwrap(), bulkhead.handle().try_enter().unwrap());
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || sender.send((breaker.handle().snapshot().phase, bulkhead.handle().in_flight())));
    assert_eq!(seen.recv().unwrap(), (Phase::Closed, 1));
    drop((held, service));
}
