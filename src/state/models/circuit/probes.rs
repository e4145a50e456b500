//! Claims about what probes decide.

use loom::model;

use super::{OPEN_FOR, count, enter, half_open, passing, record, try_enter};
use crate::outcome::Outcome::{self, Failed, Ignored, Success};
use crate::state::circuit::{Phase, Reason};
use crate::state::models::race;
use crate::sync::Arc;
use crate::time::Nanos;

/// Two probes of two come back at once, and one of them decides.
fn decide_once(one: Outcome, two: Outcome, ends: Phase) {
    model(move || {
        let (circuit, probe) = half_open(2);
        let second = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || record(&other, probe, one, OPEN_FOR), || record(&circuit, second, two, OPEN_FOR));
        assert_eq!(count([one, two]), 1);
        assert_eq!(circuit.phase(), ends);
    });
}

#[test]
fn probes_that_fail_together_open_the_circuit_once() {
    decide_once(Failed, Failed, Phase::Open);
}

#[test]
fn probes_that_pass_together_close_the_circuit_once() {
    decide_once(Success, Success, Phase::Closed);
}

#[test]
fn a_probe_that_fails_beside_one_that_passes_opens_the_circuit() {
    decide_once(Failed, Success, Phase::Open);
}

#[test]
fn probes_abandoned_that_two_callers_find_make_one_transition() {
    model(|| {
        let (circuit, probe) = half_open(1);
        circuit.abandon(probe);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || try_enter(&other, OPEN_FOR * 2), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!(count([one.1, two.1]), 1);
        assert!(one.0.is_err() && two.0.is_err());
        assert_eq!(circuit.phase(), Phase::Open);
    });
}

#[test]
fn of_two_callers_that_find_the_time_over_one_takes_the_place() {
    model(|| {
        let (circuit, _in_flight) = half_open(1);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || enter(&other, OPEN_FOR * 2), || enter(&circuit, OPEN_FOR * 2));
        assert!(one.is_some() != two.is_some());
        assert_eq!(passing(&circuit, OPEN_FOR * 3 - 1), 0);
    });
}

#[test]
fn a_probe_back_as_its_place_is_given_up_still_decides() {
    model(|| {
        let (circuit, late) = half_open(1);
        let other = Arc::clone(&circuit);
        let (settled, (entered, found)) =
            race(move || record(&other, late, Success, OPEN_FOR * 2), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!((settled.is_some(), entered.is_ok(), found), (true, true, None));
        assert_eq!((circuit.phase(), circuit.view(Nanos(OPEN_FOR * 2)).late), (Phase::Closed, 0));
    });
}

#[test]
fn a_probe_abandoned_as_its_time_is_over_frees_one_or_no_place() {
    model(|| {
        let (circuit, late) = half_open(1);
        let other = Arc::clone(&circuit);
        let ((), (entered, found)) = race(move || other.abandon(late), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!(entered.is_err(), found.is_some());
        assert_eq!(passing(&circuit, OPEN_FOR * 3 - 1), 0);
    });
}

#[test]
fn a_result_beside_places_given_up_takes_one_place() {
    model(|| {
        let (circuit, _second) = half_open(3);
        let first = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let (settled, entered) =
            race(move || record(&other, first, Success, OPEN_FOR * 2), || enter(&circuit, OPEN_FOR * 2));
        assert_eq!((settled, entered.is_some()), (None, true));
        // The second probe holds its place only if the answer came before its time was looked at.
        let free = passing(&circuit, OPEN_FOR * 2);
        assert!(free <= 1);
        assert_eq!(circuit.view(Nanos(OPEN_FOR * 2)).counts.calls, 1);
    });
}

#[test]
fn an_answer_beside_an_abandonment_comes_before_or_after_it() {
    model(|| {
        let (circuit, abandoned) = half_open(1);
        // Its place is given up, so that two are in flight.
        let answered = enter(&circuit, OPEN_FOR * 2).unwrap();
        let other = Arc::clone(&circuit);
        race(move || other.abandon(abandoned), || record(&circuit, answered, Ignored, OPEN_FOR * 2));
        let (entered, found) = try_enter(&circuit, OPEN_FOR * 3);
        assert_eq!(entered.is_err(), found.is_some_and(|found| found.reason == Reason::Abandoned));
        assert_eq!(passing(&circuit, OPEN_FOR * 4 - 1), 0);
    });
}
