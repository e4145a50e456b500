//! From the start of the faults to their end.

use super::*;
use crate::state::chaos::Run;
use crate::state::chaos::counted::Halted;

const FULL: fn() -> FaultRate = || FaultRate::from(1.0);

/// One that fails all calls from the first second to the tenth.
fn started(max_share: f64) -> (Rules, Runs) {
    let mut runs = Runs::default();
    runs.start(Nanos(S)..Nanos(10 * S), FULL());
    (Rules { max_share, ..rules(vec![failing(1.0)]) }, runs)
}

#[test]
fn calls_meet_faults_from_the_start_to_the_end_which_is_told_once() {
    let (rules, mut runs) = started(1.0);
    let mut meet = |at| runs.meet(&rules, true, Nanos(at));
    assert_eq!(meet(S - 1), Met::Nothing, "not yet");
    assert!(matches!(meet(S), Met::Faults(1, _)));
    assert!(matches!(meet(10 * S - 1), Met::Faults(1, _)));
    assert_eq!(meet(10 * S), Met::End(Halted::Expired));
    assert_eq!(meet(10 * S), Met::Nothing);
}

#[test]
fn what_is_halted_stays_so_until_it_starts() {
    let (rules, mut runs) = started(1.0);
    assert!(runs.halt());
    assert!(!runs.halt(), "it is halted already");
    assert_eq!(runs.meet(&rules, true, Nanos(2 * S)), Met::Nothing);
    runs.start(Nanos(3 * S)..Nanos(4 * S), FULL());
    assert!(matches!(runs.meet(&rules, true, Nanos(3 * S)), Met::Faults(2, _)));
}

#[test]
fn who_waits_in_a_run_knows_when_it_has_ended() {
    let (_, mut runs) = started(1.0);
    assert_eq!((runs.end_of(0), runs.end_of(1)), (None, Some(Nanos(10 * S))));
    runs.start(Nanos(S)..Nanos(20 * S), FULL());
    assert_eq!((runs.end_of(1), runs.end_of(2)), (None, Some(Nanos(20 * S))));
    assert!(!runs.expire(Nanos(20 * S - 1)));
    assert!(runs.expire(Nanos(20 * S)));
    assert_eq!(runs.end_of(2), None);
}

#[test]
fn a_call_out_of_reach_meets_nothing_and_counts_as_a_call() {
    let (rules, mut runs) = started(0.5);
    assert_eq!(runs.meet(&rules, false, Nanos(S)), Met::Nothing);
    assert!(matches!(runs.meet(&rules, true, Nanos(S)), Met::Faults(1, _)));
    assert_eq!(runs.done(), Run { calls: 2, faulted: 1, spared: 0 });
}

#[test]
fn that_calls_are_spared_is_told_once_in_each_run() {
    let (rules, mut runs) = started(0.0);
    for _ in 0..2 {
        let met = [(); 3].map(|()| runs.meet(&rules, true, Nanos(S)));
        assert_eq!(met, [true, false, false].map(|is_first| Met::Spared { is_first }));
        assert_eq!(runs.done(), Run { calls: 3, faulted: 0, spared: 3 });
        runs.start(Nanos(S)..Nanos(10 * S), FULL());
    }
}

#[test]
fn the_first_call_of_each_run_draws_the_same() {
    let (_, mut runs) = started(1.0);
    let rules = rules(vec![failing(0.5)]);
    let mut twenty = || [(); 20].map(|()| matches!(runs.meet(&rules, true, Nanos(S)), Met::Faults(..)));
    let first = twenty();
    assert_ne!(first, twenty(), "they go on");
    runs.start(Nanos(S)..Nanos(10 * S), FULL());
    assert_eq!(first, [(); 20].map(|()| matches!(runs.meet(&rules, true, Nanos(S)), Met::Faults(..))));
}

#[test]
fn the_factor_of_a_run_is_on_all_rates() {
    let mut runs = Runs::default();
    runs.start(Nanos(0)..Nanos(10 * S), FaultRate::ramp(0.0, 1.0, Duration::from_secs(5)));
    let rules = rules(vec![failing(1.0)]);
    let mut met = |at| (0..1_000).filter(|_| matches!(runs.meet(&rules, true, Nanos(at)), Met::Faults(..))).count();
    assert_eq!(met(0), 0);
    assert!((450..550).contains(&met(5 * S / 2)));
    assert_eq!(met(5 * S), 1_000);
}
