//! Claims about threads that ask together.

use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU32, AtomicUsize};

use super::each_round;
use crate::outcome::Outcome::Failed;
use crate::state::circuit::{Circuit, Phase, Refusal, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, half_open, opened};
use crate::state::tests::together;
use crate::time::Nanos;

#[test]
fn two_threads_are_never_given_more_places_than_probes() {
    let make = || Circuit::of(Rules { probes: 3, ..CONSECUTIVE }).opened(0);
    let rounds = each_round(make, |circuit| (0..3).map(|_| u32::from(circuit.enter(Nanos(100)).0.is_ok())).sum());
    for (circuit, admitted) in rounds {
        assert_eq!((admitted, circuit.phase()), (3, Phase::HalfOpen));
    }
}

#[test]
fn of_two_threads_that_ask_for_the_last_place_one_is_admitted() {
    let make = || half_open(Rules { probes: 2, ..CONSECUTIVE }).0;
    let rounds = each_round(make, |circuit| u32::from(circuit.enter(Nanos(1_000)).0.is_ok()));
    assert!(rounds.iter().all(|(_, admitted)| *admitted == 1));
}

#[test]
fn a_call_beside_a_failing_probe_does_not_shorten_the_open_time() {
    let rounds: Vec<_> = (0..3_000).map(|_| (half_open(CONSECUTIVE), AtomicUsize::new(0))).collect();
    together(rounds.len(), |number| {
        let ((circuit, probe), turn) = &rounds[number];
        if turn.fetch_add(1, SeqCst) == 0 {
            circuit.end(*probe, Failed, 1_000);
        } else {
            _ = circuit.enter(Nanos(1_000));
        }
    });
    assert!(rounds.iter().all(|((circuit, _), _)| circuit.view(Nanos(1_000)).left == Some(Nanos(200))));
}

#[test]
fn two_threads_that_find_the_open_time_over_make_one_transition() {
    let rounds = each_round(opened, |circuit| u32::from(circuit.enter(Nanos(100)).1.is_some()));
    assert!(rounds.iter().all(|(_, transitions)| *transitions == 1));
}

#[test]
fn two_threads_that_find_the_probes_abandoned_make_one_transition() {
    let abandoned = || {
        let (circuit, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
        circuit.abandon(probe);
        circuit
    };
    let rounds = each_round(abandoned, |circuit| u32::from(circuit.enter(Nanos(1_050)).1.is_some()));
    for (circuit, transitions) in rounds {
        assert_eq!((transitions, circuit.phase()), (1, Phase::Open));
    }
}

#[test]
fn of_two_threads_that_find_the_time_over_one_takes_the_place() {
    let make = || half_open(Rules { probes: 1, ..CONSECUTIVE }).0;
    let rounds = each_round(make, |circuit| u32::from(circuit.enter(Nanos(1_050)).0.is_ok()));
    assert!(rounds.iter().all(|(_, entered)| *entered == 1));
}

#[test]
fn places_two_threads_take_and_return_never_exceed_the_probes() {
    let (circuit, first) = half_open(Rules { probes: 3, ..CONSECUTIVE });
    circuit.abandon(first);
    let (held, admitted) = (AtomicU32::new(0), AtomicU32::new(0));
    together(1_000, |_| {
        let enter = |_| circuit.enter(Nanos(1_000)).0.ok().inspect(|_| assert!(held.fetch_add(1, SeqCst) < 3));
        let entries: Vec<_> = (0..3).filter_map(enter).collect();
        for entry in entries {
            admitted.fetch_add(1, SeqCst);
            held.fetch_sub(1, SeqCst);
            circuit.abandon(entry);
        }
    });
    assert!(admitted.into_inner() >= 3_000);
    (0..3).for_each(|_| _ = circuit.admit(1_000));
    assert_eq!(circuit.refused(1_000), Refusal::PROBES_TAKEN);
}
