//! What was admitted under an earlier generation neither decides nor frees anything in a later one.

use palisade::Phase;
use tokio_test::{assert_pending, assert_ready, task};

use crate::{
    inner::{Answer::After, Inner},
    stacks::{PLACES, PROBES, Palisade, Stack, holds_for},
    support::Down,
};

async fn a_late_result_still_reaches_its_caller<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([After(1, Ok(9))]));
    let mut call = task::spawn(stack.call_clone(1));
    assert_pending!(call.poll());
    stack.handles.circuit.unwrap().reset();
    assert_eq!(assert_ready!(call.poll()).unwrap(), 9);
}
holds_for!(every circuit: a_late_result_still_reaches_its_caller);

async fn a_late_result_is_told_and_not_counted<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([After(1, Ok(9))]));
    let circuit = stack.handles.circuit.clone().unwrap();
    let mut call = task::spawn(stack.call_clone(1));
    assert_pending!(call.poll());
    circuit.reset();
    assert!(call.poll().is_ready());
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.counts.calls, snapshot.late), (0, 1));
}
holds_for!(every circuit: a_late_result_is_told_and_not_counted);

async fn stragglers_from_before_the_break_settle_no_probe<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for result in [Ok(9), Err(Down(1))] {
        let stack = build(Inner::default().answers([After(1, result); PLACES]));
        let circuit = stack.handles.circuit.clone().unwrap();
        let mut stragglers: Vec<_> = (0..PLACES).map(|_| task::spawn(stack.call_clone(1))).collect();
        for call in &mut stragglers {
            assert_pending!(call.poll());
        }
        stack.handles.trip();
        let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
        for call in &mut stragglers {
            drop(call.poll());
        }
        assert_eq!(circuit.phase(), Phase::HalfOpen, "{result:?}");
        assert!(circuit.try_enter().is_err(), "a straggler gave a place back: {result:?}");
        drop(probes);
    }
}
holds_for!(every circuit: stragglers_from_before_the_break_settle_no_probe);

async fn a_probe_of_one_period_settles_nothing_in_the_next<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for result in [Ok(9), Err(Down(1))] {
        let stack = build(Inner::default().answers([After(1, result); PROBES]));
        let circuit = stack.handles.circuit.clone().unwrap();
        stack.handles.trip();
        let mut stale: Vec<_> = (0..PROBES).map(|_| task::spawn(stack.call_clone(1))).collect();
        for call in &mut stale {
            assert_pending!(call.poll());
        }
        stack.handles.trip();
        let probe = circuit.try_enter().unwrap();
        for call in &mut stale {
            drop(call.poll());
        }
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0), "{result:?}");
        drop(probe);
    }
}
holds_for!(every circuit: a_probe_of_one_period_settles_nothing_in_the_next);

async fn stragglers_leave_a_forced_circuit_forced<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    let stack = build(Inner::default().answers([After(1, Ok(9))]));
    let circuit = stack.handles.circuit.clone().unwrap();
    stack.handles.trip();
    let mut probe = task::spawn(stack.call_clone(1));
    assert_pending!(probe.poll());
    circuit.force_open();
    assert!(probe.poll().is_ready());
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
}
holds_for!(every circuit: stragglers_leave_a_forced_circuit_forced);

async fn calls_from_before_a_resize_free_their_places_after_it<S: Palisade>(build: impl Fn(Inner) -> Stack<S>) {
    for limit in [0, 1, PLACES, usize::MAX] {
        let stack = build(Inner::default().answers([After(1, Ok(9)); PLACES]));
        let mut calls: Vec<_> = (0..PLACES).map(|_| task::spawn(stack.call_clone(1))).collect();
        for call in &mut calls {
            assert_pending!(call.poll());
        }
        for bulkhead in &stack.handles.bulkheads {
            bulkhead.resize(limit);
            assert_eq!(bulkhead.in_flight(), PLACES);
        }
        for call in &mut calls {
            assert_eq!(assert_ready!(call.poll()).unwrap(), 9);
        }
        stack.handles.assert_at_rest();
    }
}
holds_for!(every bulkhead: calls_from_before_a_resize_free_their_places_after_it);
