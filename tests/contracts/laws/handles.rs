//! Handles look at the state of a layer and steer it: cheap to clone, without waiting, from anywhere.

use super::*;

#[test]
fn a_handle_outlives_its_stack() {
    holds_for(stack, Inner::default, async |Stack { handles, .. }| {
        for circuit in handles.all::<CircuitHandle>() {
            circuit.force_open();
            assert!(circuit.try_enter().is_err());
        }
        for bulkhead in handles.bulkheads() {
            bulkhead.resize(5);
            assert_eq!(bulkhead.limit(), 5);
        }
    });
}

#[test]
fn a_circuit_forced_open_lets_no_call_through() {
    holds_for(circuit, Inner::default, async |mut stack| {
        stack.handles.circuit().force_open();
        for _ in 0..5 {
            stack.call(1).await.ok();
            stack.call_clone(1).await.ok();
        }
        assert_eq!((stack.handles.inner.calls(), stack.handles.circuit().snapshot().rejected), (0, 10));
    });
}

#[test]
fn a_circuit_forced_closed_lets_every_call_through() {
    let inner = || Inner::default().answers([After(0, Err(Down(1))); 100]);
    holds_for(circuit, inner, async |stack| {
        stack.handles.circuit().force_closed();
        for _ in 0..200 {
            stack.call_clone(1).await.ok();
        }
        assert_eq!(stack.call_clone(2).await.unwrap(), 2);
        assert_eq!(stack.handles.circuit().snapshot().rejected, 0);
    });
}

#[test]
fn a_reset_lets_calls_through_again() {
    holds_for(circuit, Inner::default, async |mut stack| {
        let circuit = stack.handles.circuit();
        for steer in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
            steer(&circuit);
            stack.call(1).await.ok();
            circuit.reset();
            assert_eq!(circuit.phase(), Phase::Closed);
            assert_eq!(stack.call(2).await.unwrap(), 2);
        }
    });
}

#[test]
fn a_handle_shows_the_calls_that_hold_a_place() {
    holds_for(places, Inner::hanging, async |stack| {
        let mut calls = Vec::new();
        for taken in 1..=PLACES {
            calls.extend(stack.hold(1));
            assert!(stack.handles.each().all(|handle| [None, Some(taken)].contains(&handle.taken())));
        }
        assert!(stack.handles.bulkheads().all(|bulkhead| bulkhead.limit() == PLACES));
    });
}

#[test]
fn growing_by_a_handle_wakes_a_waiter() {
    holds_for(queue, Inner::default, async |stack| {
        let queue = stack.handles.queue();
        queue.resize(0);
        let mut call = stack.hold(1);
        assert_eq!(queue.queued(), 1);
        queue.clone().resize(1);
        assert!(call[0].is_woken());
        assert_eq!(calls::end(&mut call[0]).unwrap(), 1);
    });
}

#[test]
fn a_guard_of_a_handle_takes_a_place_from_the_services() {
    holds_for(bulkhead, Inner::default, async |stack| {
        let guards: Vec<_> = stack
            .handles
            .bulkheads()
            .flat_map(|bulkhead| [(); PLACES].map(|()| bulkhead.try_enter().unwrap()))
            .collect();
        drop(calls::go(&mut stack.begin(1)));
        assert_eq!(stack.handles.inner.calls(), 0);
        drop(guards);
        stack.assert_well().await;
    });
}

/// Two services, as axum makes one for each route.
#[test]
fn services_made_by_one_layer_and_its_clone_share_a_circuit() {
    holds_for(circuit, Inner::default, async |stack| {
        for service in [stack.service, stack.twin] {
            service.oneshot(1).await.unwrap();
        }
        assert_eq!(stack.handles.circuit().snapshot().counts.calls, 2);
    });
}

#[test]
fn services_made_by_one_layer_and_its_clone_share_places() {
    holds_for(places, Inner::hanging, async |stack| {
        let held = stack.hold(PLACES);
        drop(calls::go(&mut calls::begin(stack.twin.clone().oneshot(1))));
        assert_eq!(stack.handles.inner.calls(), PLACES);
        drop(held);
        assert!(calls::go(&mut calls::begin(stack.twin.clone().oneshot(1))).is_pending());
        assert_eq!(stack.handles.inner.calls(), PLACES + 1);
    });
}

#[test]
fn services_made_by_one_layer_and_its_clone_share_a_budget() {
    // Over HTTP a body that breaks is no result of the retry's any more.
    holds_for(retry, Inner::failing, async |stack| {
        for service in [stack.service, stack.twin] {
            service.oneshot(1).await.ok();
        }
        let retries = u64::try_from(stack.handles.inner.calls()).unwrap() - 2;
        let budgets: Vec<_> = stack.handles.all::<Budget>().map(Budget::available).collect();
        assert_eq!(budgets, [TOKENS - retries]);
    });
}

#[tokio::test(start_paused = true)]
async fn layers_built_apart_share_nothing() {
    let (one, other) = (CircuitBreakerLayer::consecutive(1), CircuitBreakerLayer::consecutive(1));
    one.handle().force_open();
    assert_eq!(other.handle().phase(), Phase::Closed);
}
