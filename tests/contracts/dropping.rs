//! A call may be dropped at any point, and gives everything back.

use std::time::Duration;

use palisade::{Backoff, Budget, Deadline, Phase, RetryLayer, TimeoutLayer};
use tokio::time::advance;
use tokio_test::{assert_pending, task};
use tower::{Layer, ServiceExt};

use crate::{
    inner::{
        Answer::{After, Never},
        Inner,
        Readiness::{Ready, Stalled},
    },
    stacks::{PLACES, PROBES, Palisade, Stack, holds_for},
    support::Down,
};

async fn calls_dropped_in_flight_never_run_out_of_room<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().answers([Never; 100]);
    let stack = build(inner.clone());
    stack.handles.trip();
    for request in 0..100 {
        let mut call = task::spawn(stack.call_clone(request));
        assert_pending!(call.poll());
    }
    assert_eq!(inner.calls(), 100);
    assert_eq!(stack.call_clone(7).await.unwrap(), 7);
}
holds_for!(every stack: calls_dropped_in_flight_never_run_out_of_room);

async fn the_only_waiter_dropped_after_it_was_handed_a_place_frees_it<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default());
    let queue = stack.handles.queue();
    queue.resize(1);
    let place = queue.try_enter().unwrap();
    let mut waiter = task::spawn(stack.call_clone(1));
    assert_pending!(waiter.poll());
    drop(place);
    assert_eq!((queue.in_flight(), queue.queued()), (1, 0));
    drop(waiter);
    stack.handles.assert_at_rest();
}
holds_for!(every queue: the_only_waiter_dropped_after_it_was_handed_a_place_frees_it);

async fn the_service_and_its_layer_may_go_before_the_call<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let mut stack = build(Inner::default().answers([After(2, Ok(9))]));
    let call = stack.service.ready().await.unwrap().call(1);
    drop(stack.service);
    assert_eq!(call.await.unwrap(), 9);
    stack.handles.assert_at_rest();
}
holds_for!(every stack: the_service_and_its_layer_may_go_before_the_call);

async fn a_call_that_is_never_polled_again_wedges_nothing<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([Never]));
    stack.handles.trip();
    let mut hung = task::spawn(stack.call_clone(1));
    assert_pending!(hung.poll());
    let mut answers = Vec::new();
    for request in 2..8 {
        advance(Duration::from_secs(60)).await;
        answers.push(stack.call_clone(request).await.ok());
    }
    assert_eq!(answers.last(), Some(&Some(7)), "{answers:?}");
    drop(hung);
    assert_eq!(stack.call_clone(8).await.unwrap(), 8);
}
holds_for!(every stack: a_call_that_is_never_polled_again_wedges_nothing);

async fn dropping_hung_probes_after_the_period_is_over_frees_nothing_in_the_next<S: Palisade>(
    build: impl Fn(Inner) -> Stack<S>,
) {
    let stack = build(Inner::default().ever_answers(Never));
    stack.handles.trip();
    let mut hung: Vec<_> = (0..PROBES).map(|_| task::spawn(stack.call_clone(1))).collect();
    for call in &mut hung {
        assert_pending!(call.poll());
    }
    // Another trip: the probes are late, and the next ones are those of a new period.
    stack.handles.trip();
    let circuit = stack.handles.circuit.as_ref().unwrap();
    let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
    drop(hung);
    assert!(circuit.try_enter().is_err());
    drop(probes);
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: dropping_hung_probes_after_the_period_is_over_frees_nothing_in_the_next);

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_for_readiness_gives_its_token_back() {
    let inner = Inner::default().answers([After(0, Err(Down(1)))]).will_be([Ready, Stalled]);
    let budget = Budget::builder().capacity(1).ratio(0.0).per_second(0.0).build().unwrap();
    let retry = RetryLayer::builder("retry").backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
    let mut call = task::spawn(retry.layer(inner).oneshot(1));
    assert_pending!(call.poll());
    assert_eq!(budget.available(), 0);
    drop(call);
    assert_eq!(budget.available(), 1);
}

async fn a_call_cut_by_a_limit_of_ours_is_a_failure<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    let service = TimeoutLayer::new(Duration::from_secs(1)).layer(stack.service.clone());
    assert!(service.oneshot(1).await.unwrap_err().is_timeout());
    let counts = stack.handles.circuit.as_ref().unwrap().snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (1, 1));
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: a_call_cut_by_a_limit_of_ours_is_a_failure);

async fn a_call_cut_by_the_deadline_of_its_caller_is_neutral<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    let service = TimeoutLayer::new(Duration::from_secs(5)).layer(stack.service.clone());
    Deadline::after(Duration::from_secs(1)).scope(service.oneshot(1)).await.ok();
    let counts = stack.handles.circuit.as_ref().unwrap().snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (0, 0));
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: a_call_cut_by_the_deadline_of_its_caller_is_neutral);

async fn a_call_cut_by_a_foreign_timeout_is_neutral<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    let ended = tokio::time::timeout(Duration::from_secs(1), stack.call_clone(1)).await;
    assert!(ended.is_err());
    assert_eq!(stack.handles.circuit.as_ref().unwrap().snapshot().counts.calls, 0);
    stack.handles.assert_at_rest();
}
holds_for!(every circuit: a_call_cut_by_a_foreign_timeout_is_neutral);

async fn a_probe_cut_by_a_limit_of_ours_opens_the_circuit_again<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(Never));
    stack.handles.trip();
    let service = TimeoutLayer::new(Duration::from_secs(1)).layer(stack.service.clone());
    assert!(service.oneshot(1).await.unwrap_err().is_timeout());
    assert_eq!(stack.handles.circuit.as_ref().unwrap().phase(), Phase::Open);
}
holds_for!(every circuit: a_probe_cut_by_a_limit_of_ours_opens_the_circuit_again);

async fn a_thousand_impatient_callers_leave_a_healthy_circuit_closed<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([Never; 1000]));
    for _ in 0..1000 {
        let mut call = task::spawn(stack.call_clone(1));
        assert_pending!(call.poll());
    }
    assert_eq!(stack.handles.circuit.as_ref().unwrap().phase(), Phase::Closed);
    assert_eq!(stack.call_clone(2).await.unwrap(), 2);
}
holds_for!(every circuit: a_thousand_impatient_callers_leave_a_healthy_circuit_closed);

async fn at_most_so_many_calls_exist_as_there_are_places<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let inner = Inner::default().ever_answers(After(3, Ok(1)));
    let stack = build(inner.clone());
    let mut calls: Vec<_> = (0..10).map(|_| Some(task::spawn(stack.call_clone(1)))).collect();
    for round in 0..20 {
        for (number, slot) in calls.iter_mut().enumerate() {
            let done = slot.as_mut().is_some_and(|call| call.poll().is_ready());
            // Some are dropped wherever they are.
            if done || number % 3 == 0 && round == number / 2 {
                *slot = None;
            }
        }
    }
    drop(calls);
    assert_eq!(inner.most_alive(), PLACES);
    stack.handles.assert_at_rest();
}
holds_for!(every bulkhead: at_most_so_many_calls_exist_as_there_are_places);
