//! A call may be dropped at any point, and gives everything back.

use super::*;

#[test]
fn calls_dropped_in_flight_never_run_out_of_room() {
    let inner = || Inner::default().answers([Never; 100]);
    holds_for(prompt, inner, async |stack| {
        stack.handles.trip();
        for _ in 0..100 {
            drop(stack.hold(1));
        }
        assert_eq!(stack.handles.inner.calls(), 100);
        stack.assert_well().await;
    });
}

#[test]
fn a_waiter_dropped_after_it_was_handed_a_place_frees_it() {
    holds_for(queue, Inner::default, async |stack| {
        let queue = stack.handles.queue();
        queue.resize(1);
        let place = queue.try_enter().unwrap();
        let waiter = stack.hold(1);
        drop(place);
        assert_eq!((queue.in_flight(), queue.queued()), (1, 0));
        drop(waiter);
        stack.handles.assert_at_rest();
    });
}

#[test]
fn the_service_and_its_layer_may_go_before_the_call() {
    let inner = || Inner::default().answers([After(2, Ok(9))]);
    holds_for(stack, inner, async |stack| {
        let Stack { mut service, handles, .. } = stack;
        let call = service.ready().await.unwrap().call(1);
        drop(service);
        assert_eq!(call.await.unwrap(), 9);
        handles.assert_at_rest();
    });
}

/// Also where the response is left at its head, and where the calls are all the probes there are.
#[test]
fn calls_that_are_never_polled_again_wedge_nothing() {
    holds_for(prompt, Inner::default, async |stack| {
        stack.handles.bulkheads().for_each(|bulkhead| bulkhead.resize(2 * PROBES));
        stack.handles.trip();
        let calls = if circuit(&stack.handles) { PROBES } else { 1 };
        let mut hung: Vec<_> = (0..calls).map(|_| stack.begin(1)).collect();
        drop(stack.handles.inner.clone().answers(vec![Never; calls]));
        for call in &mut hung {
            assert_pending!(call.poll());
        }
        let mut results = Vec::new();
        for request in 2..8 {
            advance(60 * SECOND).await;
            results.push(stack.call_clone(request).await.ok());
        }
        assert_eq!(results.last(), Some(&Some(7)), "{results:?}");
        drop(hung);
        stack.assert_well().await;
    });
}

#[test]
fn late_probes_that_are_dropped_free_nothing_in_the_next_period() {
    holds_for(circuit, Inner::hanging, async |stack| {
        stack.handles.trip();
        let hung = stack.hold(PROBES);
        // Another trip: the probes are late, and the next ones are those of a new period.
        stack.handles.trip();
        let circuit = stack.handles.circuit();
        let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
        drop(hung);
        assert!(circuit.try_enter().is_err());
        drop(probes);
        stack.handles.assert_at_rest();
    });
}

/// The calls and the failures that the circuit has counted. No call holds anything any more.
fn counted(stack: &Stack) -> (u64, u64) {
    stack.handles.assert_at_rest();
    let counts = stack.handles.circuit().snapshot().counts;
    (counts.calls, counts.failures)
}

#[test]
fn a_call_or_a_probe_cut_by_a_limit_of_ours_is_a_failure() {
    holds_for(circuit, Inner::hanging, async |stack| {
        let cut = async || (stack.limited)(SECOND).oneshot(1).await.unwrap_err();
        assert!(cut().await.is_timeout());
        assert_eq!(counted(&stack), (1, 1));
        stack.handles.trip();
        assert!(cut().await.is_timeout());
        assert_eq!(stack.handles.circuit().phase(), Phase::Open);
    });
}

#[test]
fn a_call_cut_by_the_deadline_of_its_caller_is_neutral() {
    holds_for(circuit, Inner::hanging, async |stack| {
        Deadline::after(SECOND).scope((stack.limited)(5 * SECOND).oneshot(1)).await.ok();
        assert_eq!(counted(&stack), (0, 0));
    });
}

#[test]
fn impatient_callers_leave_a_healthy_circuit_closed() {
    holds_for(circuit, Inner::hanging, async |stack| {
        for _ in 0..200 {
            let ended = tokio::time::timeout(SECOND, stack.call_clone(1)).await;
            assert!(ended.is_err());
        }
        // A response that has begun is a success where its caller drops it.
        let (calls, failures) = counted(&stack);
        assert!(failures == 0 && (calls == 0 || !plain(&stack.handles)), "{calls} calls, {failures} failures");
        assert_eq!(stack.handles.circuit().phase(), Phase::Closed);
    });
}

#[test]
fn calls_dropped_wherever_they_are_keep_to_the_places() {
    let inner = || Inner::default().ever_answers(After(3, Ok(1)));
    holds_for(places, inner, async |stack| {
        let mut calls: Vec<_> = (0..10).map(|_| Some(stack.begin(1))).collect();
        for round in 0..40 {
            for (number, slot) in calls.iter_mut().enumerate() {
                let done = slot.as_mut().is_some_and(|call| call.poll().is_ready());
                if done || number % 3 == 0 && round == number / 2 {
                    *slot = None;
                }
            }
        }
        drop(calls);
        assert_eq!(stack.handles.inner.most_alive(), PLACES);
        stack.handles.assert_at_rest();
    });
}
