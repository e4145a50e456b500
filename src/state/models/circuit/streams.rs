//! Claims about probes whose responses stream.

use loom::model;

use super::{OFF, OPEN_FOR, Reading, circuit, count, enter, half_open, opened, passing, record, try_enter};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Rules, Transition};
use crate::state::models::{model_of_many, race, race_of_three};
use crate::state::window::{CountWindow, Window};
use crate::sync::Arc;
use crate::time::Nanos;

/// When a probe of the end of the open time counts as a success, if it streams.
const DUE: u64 = OPEN_FOR + OPEN_FOR / 2;

/// A half-open circuit, with one probe that streams.
fn streaming(probes: u32) -> (Arc<Circuit>, Entry) {
    let (circuit, probe) = half_open(probes);
    assert!(circuit.mark_streaming(probe));
    (circuit, probe)
}

/// The same, but that one success of two closes it.
fn deciding() -> (Arc<Circuit>, Entry) {
    let rules = Rules { failure_rate: Some(1.0), min_calls: 1, probes: 2, ..OFF };
    let circuit = opened(circuit(rules, Window::Count(CountWindow::new(1, 1))));
    let probe = enter(&circuit, OPEN_FOR).unwrap();
    assert!(circuit.mark_streaming(probe));
    (circuit, probe)
}

/// Whether it was not counted before its stream ended at `now`.
fn stop(circuit: &Circuit, probe: Entry, now: u64) -> (bool, Option<Transition>) {
    circuit.unmark(probe, Nanos(now))
}

/// Ends a stream as its guard does.
fn fail(circuit: &Circuit, probe: Entry, now: u64) -> [Option<Transition>; 2] {
    let (uncounted, transition) = stop(circuit, probe, now);
    [transition, uncounted.then(|| record(circuit, probe, Failed, now)).flatten()]
}

#[test]
fn a_probe_marked_beside_a_call_at_its_moment_is_counted_once() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let other = Arc::clone(&circuit);
        let (_, (entered, found)) = race(move || other.mark_streaming(probe), || try_enter(&circuit, DUE));
        let next = circuit.catch_up(Nanos(DUE));
        assert_eq!(count([found, next]), 1);
        assert_eq!(entered.is_ok(), found.is_some());
        assert_eq!(circuit.phase(), Phase::Closed);
    });
}

#[test]
fn a_probe_marked_beside_a_reset_is_never_due() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let other = Arc::clone(&circuit);
        let (marked, _) = race(move || other.mark_streaming(probe), || circuit.reset(Nanos(OPEN_FOR)));
        assert_eq!(circuit.catch_up(&Reading(|| unreachable!("no stream is left to ask the time for"))), None);
        if marked {
            assert_eq!(fail(&circuit, probe, DUE), [None; 2]);
            assert_eq!(circuit.view(Nanos(DUE)).late, 1);
        }
    });
}

#[test]
fn a_stream_that_ends_as_a_call_finds_it_due_counts_once() {
    model(|| {
        let (circuit, probe) = streaming(1);
        let other = Arc::clone(&circuit);
        let ([settled, ended], (entered, found)) = race(move || fail(&other, probe, DUE), || try_enter(&circuit, DUE));
        assert_eq!((count([settled, found]), ended), (1, None));
        assert!(entered.is_ok());
        assert_eq!((circuit.phase(), circuit.view(Nanos(DUE)).late), (Phase::Closed, 0));
    });
}

#[test]
fn a_stream_that_ends_just_before_it_is_due_counts_once_in_time() {
    model(|| {
        let (circuit, probe) = streaming(1);
        let other = Arc::clone(&circuit);
        let ([settled, ended], (_, found)) = race(move || fail(&other, probe, DUE - 1), || try_enter(&circuit, DUE));
        assert_eq!((settled, count([ended, found])), (None, 1));
        let view = circuit.view(Nanos(DUE));
        assert_eq!((view.phase, view.late), (if ended.is_some() { Phase::Open } else { Phase::Closed }, 0));
    });
}

#[test]
fn a_stream_abandoned_as_it_falls_due_keeps_or_frees_its_place() {
    model(|| {
        let (circuit, probe) = streaming(2);
        let other = Arc::clone(&circuit);
        let abandon = move || stop(&other, probe, DUE - 1).0.then(|| other.abandon(probe)).is_some();
        let (freed, found) = race(abandon, || circuit.catch_up(Nanos(DUE)));
        assert_eq!(found, None);
        assert_eq!(circuit.view(Nanos(DUE)).counts.calls, u64::from(!freed));
        assert_eq!(passing(&circuit, DUE), if freed { 2 } else { 1 });
    });
}

#[test]
fn two_streams_of_one_moment_that_end_together_each_count_once() {
    for now in [DUE - 1, DUE] {
        model(move || {
            let (circuit, one) = streaming(3);
            let two = enter(&circuit, OPEN_FOR).unwrap();
            circuit.mark_streaming(two);
            let other = Arc::clone(&circuit);
            let (one, two) = race(move || stop(&other, one, now), || stop(&circuit, two, now));
            let counted = u64::from(now == DUE);
            assert_eq!([one, two], [(counted == 0, None); 2]);
            assert_eq!(circuit.view(Nanos(now)).counts.calls, counted * 2);
        });
    }
}

#[test]
fn of_two_streams_of_one_moment_one_decides_and_one_is_late() {
    model(|| {
        let (circuit, one) = deciding();
        let two = enter(&circuit, OPEN_FOR).unwrap();
        circuit.mark_streaming(two);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || fail(&other, one, DUE), || fail(&circuit, two, DUE));
        assert_eq!((count(one) + count(two), circuit.phase()), (1, Phase::Closed));
        assert_eq!(circuit.view(Nanos(DUE)).late, 1);
    });
}

#[test]
fn a_stream_that_ends_beside_a_reset_is_counted_or_late() {
    for now in [DUE - 1, DUE] {
        model(move || {
            let (circuit, probe) = streaming(1);
            let other = Arc::clone(&circuit);
            let (ended, reset) = race(move || count(fail(&other, probe, now)), || circuit.reset(Nanos(now)));
            let view = circuit.view(Nanos(now));
            assert_eq!((view.phase, view.late), (Phase::Closed, u64::from(ended == 0)));
            assert_eq!(reset.is_some(), ended == 0 || now < DUE);
        });
    }
}

#[test]
fn a_look_and_two_callers_that_find_a_stream_due_count_it_once() {
    model_of_many(|| {
        let (circuit, _streams) = streaming(1);
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let (one, two, look) = race_of_three(
            move || try_enter(&first, DUE),
            move || try_enter(&second, DUE),
            || circuit.catch_up(Nanos(DUE)),
        );
        assert_eq!(count([one.1, two.1, look]), 1);
        assert!(one.0.is_ok() && two.0.is_ok());
    });
}

#[test]
fn a_look_sees_what_a_due_stream_decided_though_a_call_found_it() {
    model(|| {
        let (circuit, _streams) = streaming(1);
        let other = Arc::clone(&circuit);
        let look = move || (other.catch_up(Nanos(DUE)), other.phase());
        let ((_, phase), _) = race(look, || try_enter(&circuit, DUE));
        assert_eq!(phase, Phase::Closed);
    });
}

#[test]
fn a_probe_that_comes_back_as_another_is_due_counts_beside_it() {
    model(|| {
        let (circuit, _streams) = streaming(3);
        let probe = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let (ended, found) = race(move || record(&other, probe, Success, DUE), || circuit.catch_up(Nanos(DUE)));
        assert_eq!((ended, found), (None, None));
        assert_eq!((circuit.view(Nanos(DUE)).counts.calls, passing(&circuit, DUE)), (2, 1));
    });
}

/// A closed circuit that counts.
fn counting() -> Arc<Circuit> {
    let rules = Rules { failure_rate: Some(1.0), min_calls: 9, ..OFF };
    circuit(rules, Window::Count(CountWindow::new(9, 9)))
}

#[test]
fn a_closed_stream_that_ends_as_a_failure_finds_it_counts_once() {
    model(|| {
        let circuit = counting();
        let mut stream = enter(&circuit, 0).unwrap();
        stream.start(Nanos(0));
        let held = circuit.hold_moment(stream);
        let failing = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        let end = move || other.exit_stream(stream, held, Exit::Settled(Success), Nanos(OPEN_FOR / 2));
        let (ended, failed) = race(end, || record(&circuit, failing, Failed, OPEN_FOR / 2));
        let counts = circuit.view(Nanos(OPEN_FOR / 2)).counts;
        assert_eq!((ended, failed, counts.calls, counts.failures), (None, None, 2, 1));
    });
}

#[test]
fn a_stream_held_beside_a_reset_is_nothing_to_the_next_period() {
    model(|| {
        let circuit = counting();
        let mut stream = enter(&circuit, 0).unwrap();
        stream.start(Nanos(0));
        let other = Arc::clone(&circuit);
        let (held, _) = race(move || other.hold_moment(stream), || circuit.reset(Nanos(0)));
        assert_eq!(circuit.catch_up(Nanos(OPEN_FOR)), None);
        assert_eq!(circuit.exit_stream(stream, held, Exit::Settled(Success), Nanos(OPEN_FOR)), None);
        let view = circuit.view(Nanos(OPEN_FOR));
        assert_eq!((view.counts.calls, view.late), (0, 1));
    });
}
