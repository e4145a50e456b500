//! Claims about what probes decide.

use loom::model;

use super::{OPEN_FOR, count, enter, half_open, passing, record, try_enter};
use crate::outcome::Outcome::{self, Failed, Success};
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
fn a_hung_probe_that_two_callers_find_makes_one_transition() {
    model(|| {
        let (circuit, _hung) = half_open(1);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || try_enter(&other, OPEN_FOR * 2), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!(count([one.1, two.1]), 1);
        assert!(one.0.is_err() && two.0.is_err());
        assert_eq!(circuit.phase(), Phase::Open);
    });
}

#[test]
fn a_probe_back_as_it_is_found_hung_either_decides_or_is_late() {
    model(|| {
        let (circuit, hung) = half_open(1);
        let other = Arc::clone(&circuit);
        let (settled, (_, found)) =
            race(move || record(&other, hung, Success, OPEN_FOR * 2), || try_enter(&circuit, OPEN_FOR * 2));
        let view = circuit.view(Nanos(OPEN_FOR * 2));
        assert_eq!(count([settled, found]), 1);
        assert_eq!(view.late, u64::from(settled.is_none()));
        assert_eq!(view.phase, if settled.is_some() { Phase::Closed } else { Phase::Open });
    });
}

#[test]
fn a_probe_abandoned_as_it_is_found_hung_frees_one_or_no_place() {
    model(|| {
        let (circuit, hung) = half_open(1);
        let other = Arc::clone(&circuit);
        let ((), (entered, found)) = race(move || other.abandon(hung), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!(entered.is_err(), found.is_some());
        assert_eq!(passing(&circuit, OPEN_FOR * 3 - 1), 0);
    });
}

#[test]
fn a_probe_that_comes_back_puts_off_when_the_next_hangs() {
    model(|| {
        let (circuit, _second) = half_open(3);
        let first = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let (settled, (entered, found)) =
            race(move || record(&other, first, Success, OPEN_FOR * 2), || try_enter(&circuit, OPEN_FOR * 2));
        assert_eq!(settled, None);
        assert_eq!(entered.is_err(), found.is_some_and(|found| found.reason == Reason::Hung));
        assert_eq!(circuit.view(Nanos(OPEN_FOR * 2)).late, u64::from(found.is_some()));
    });
}
