//! Claims about the places of probes: never more than `probes`, and each comes back once.

use loom::model;

use super::{OFF, OPEN_FOR, circuit, consecutive_only, count, enter, half_open, opened, passing, record, try_enter};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Phase, Rules};
use crate::state::models::{model_of_many, race, race_of_three};
use crate::state::window::Window;
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn of_two_callers_as_the_open_time_ends_one_gets_the_one_place() {
    model(|| {
        let circuit = opened(consecutive_only(1, 1));
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || try_enter(&other, OPEN_FOR), || try_enter(&circuit, OPEN_FOR));
        assert!(one.0.is_ok() != two.0.is_ok());
        assert_eq!(count([one.1, two.1]), 1);
    });
}

#[test]
fn of_three_callers_two_get_the_two_places() {
    model_of_many(|| {
        let circuit = opened(consecutive_only(1, 2));
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let (one, two, three) = race_of_three(
            move || try_enter(&first, OPEN_FOR),
            move || try_enter(&second, OPEN_FOR),
            || try_enter(&circuit, OPEN_FOR),
        );
        assert_eq!([&one, &two, &three].iter().filter(|entered| entered.0.is_ok()).count(), 2);
        assert_eq!(count([one.1, two.1, three.1]), 1);
    });
}

#[test]
fn a_place_given_back_is_given_to_one() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let (abandoning, other) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let ((), one, two) = race_of_three(
            move || abandoning.abandon(probe),
            move || enter(&other, OPEN_FOR),
            || enter(&circuit, OPEN_FOR),
        );
        assert!(one.is_none() || two.is_none());
        assert_eq!(passing(&circuit, OPEN_FOR), usize::from(one.or(two).is_none()));
    });
}

#[test]
fn a_probe_that_came_back_keeps_its_place() {
    model(|| {
        let (circuit, probe) = half_open(2);
        let other = Arc::clone(&circuit);
        let (settled, entered) = race(move || record(&other, probe, Success, OPEN_FOR), || enter(&circuit, OPEN_FOR));
        assert_eq!(settled, None);
        assert!(entered.is_some());
        assert_eq!(passing(&circuit, OPEN_FOR), 0);
    });
}

#[test]
fn a_place_comes_back_beside_one_that_is_kept() {
    model(|| {
        let (circuit, abandoned) = half_open(2);
        let settled = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        race(move || other.abandon(abandoned), || record(&circuit, settled, Success, OPEN_FOR));
        assert_eq!(circuit.view(Nanos(OPEN_FOR)).counts.calls, 1);
        // However late: the place of a result is not given up.
        assert_eq!(passing(&circuit, OPEN_FOR * 9), 1);
    });
}

#[test]
fn two_places_that_come_back_together_are_two() {
    model(|| {
        let (circuit, one) = half_open(2);
        let two = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        race(move || other.abandon(one), || circuit.abandon(two));
        assert_eq!(passing(&circuit, OPEN_FOR), 2);
    });
}

#[test]
fn a_probe_cut_short_gives_its_place_back_once() {
    model(|| {
        let rules = Rules { consecutive: Some(1), slow_rate: Some((1.0, Nanos(9))), probes: 2, ..OFF };
        let circuit = opened(circuit(rules, Window::None));
        let (cut, settled) = (enter(&circuit, OPEN_FOR).unwrap(), enter(&circuit, OPEN_FOR).unwrap());
        let other = Arc::clone(&circuit);
        race(move || other.time_out(cut, Nanos(OPEN_FOR)), || record(&circuit, settled, Success, OPEN_FOR));
        assert_eq!(passing(&circuit, OPEN_FOR), 1);
    });
}

#[test]
fn a_probe_abandoned_beside_the_verdict_frees_no_later_place() {
    model(|| {
        let (circuit, abandoned) = half_open(2);
        let failed = enter(&circuit, OPEN_FOR).unwrap();
        let other = Arc::clone(&circuit);
        let ((), opened) = race(move || other.abandon(abandoned), || record(&circuit, failed, Failed, OPEN_FOR));
        assert!(opened.is_some());
        assert_eq!(circuit.phase(), Phase::Open);
        assert_eq!(passing(&circuit, OPEN_FOR * 2), 2);
    });
}

#[test]
fn a_probe_of_an_earlier_recovery_frees_no_place_of_a_later_one() {
    model(|| {
        let (circuit, old) = half_open(1);
        let failed = enter(&circuit, OPEN_FOR * 2).expect("the old probe gives up its place");
        _ = record(&circuit, failed, Failed, OPEN_FOR * 2).expect("it opens again");
        let other = Arc::clone(&circuit);
        let ((), new) = race(move || other.abandon(old), || enter(&circuit, OPEN_FOR * 3));
        assert!(new.is_some());
        assert_eq!(passing(&circuit, OPEN_FOR * 3), 0);
    });
}
