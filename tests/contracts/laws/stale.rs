//! What was admitted under an earlier generation neither decides nor frees anything in a later one.

use super::*;

/// What may become of calls that are late.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Succeed,
    Fail,
    Dropped,
}

const ENDS: [Fate; 3] = [Fate::Succeed, Fate::Fail, Fate::Dropped];

impl Fate {
    /// The service of calls that are late.
    fn inner(self) -> Inner {
        Inner::default().answers([Held(if matches!(self, Self::Fail) { Err(Down(1)) } else { Ok(9) }); PLACES])
    }

    fn end(self, stack: &Stack, mut calls: Vec<Call>) {
        if !matches!(self, Self::Dropped) {
            stack.handles.inner.release();
            for call in &mut calls {
                drop(calls::go(call));
            }
        }
    }
}

#[test]
fn a_late_result_is_returned_and_not_counted() {
    let inner = || Fate::Succeed.inner();
    holds_for(circuit, inner, async |stack| {
        let circuit = stack.handles.circuit();
        let mut calls = stack.hold(1);
        circuit.reset();
        stack.handles.inner.release();
        assert_eq!(calls::end(&mut calls[0]).unwrap(), 9);
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.counts.calls, snapshot.late), (0, 1));
    });
}

#[test]
fn calls_from_before_the_break_settle_no_probe() {
    holds_over(circuit, async |build| {
        for end in ENDS {
            let stack = build.over(end.inner());
            let circuit = stack.handles.circuit();
            let late = stack.hold(PLACES);
            stack.handles.trip();
            let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
            end.end(&stack, late);
            assert_eq!(circuit.phase(), Phase::HalfOpen, "{end:?}");
            assert!(circuit.try_enter().is_err(), "a late call gave a place back: {end:?}");
            drop(probes);
            stack.handles.assert_at_rest();
        }
    });
}

#[test]
fn a_probe_of_one_period_settles_nothing_in_the_next() {
    holds_over(circuit, async |build| {
        for end in ENDS {
            let stack = build.over(end.inner());
            let circuit = stack.handles.circuit();
            stack.handles.trip();
            let late = stack.hold(PROBES);
            stack.handles.trip();
            let probes: Vec<_> = (0..PROBES).map(|_| circuit.try_enter().unwrap()).collect();
            end.end(&stack, late);
            assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0), "{end:?}");
            assert!(circuit.try_enter().is_err(), "a late probe gave a place back: {end:?}");
            drop(probes);
            stack.handles.assert_at_rest();
        }
    });
}

#[test]
fn a_late_probe_leaves_a_forced_circuit_forced() {
    holds_over(circuit, async |build| {
        for end in ENDS {
            let stack = build.over(end.inner());
            stack.handles.trip();
            let late = stack.hold(1);
            stack.handles.circuit().force_open();
            end.end(&stack, late);
            assert_eq!(stack.handles.circuit().phase(), Phase::ForcedOpen, "{end:?}");
        }
    });
}

#[test]
fn calls_from_before_a_resize_free_their_places_after_it() {
    holds_over(bulkhead, async |build| {
        for (limit, end) in [(0, Fate::Succeed), (1, Fate::Fail), (PLACES, Fate::Dropped), (usize::MAX, Fate::Succeed)]
        {
            let stack = build.over(end.inner());
            let late = stack.hold(PLACES);
            for bulkhead in stack.handles.bulkheads() {
                bulkhead.resize(limit);
                assert_eq!(bulkhead.in_flight(), PLACES);
            }
            end.end(&stack, late);
            stack.handles.assert_at_rest();
        }
    });
}
