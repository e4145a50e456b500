//! Claims about probes that do not come back, and the time that they have.

use super::{CONSECUTIVE, half_open, told};
use crate::outcome::Outcome::{Failed, Ignored, Success};
use crate::state::circuit::{Circuit, Entry, Exit, Phase, Reason, Refusal, Rules, Transition};
use crate::state::counts::Counts;
use crate::state::tests::circuit::throttled;
use crate::time::Nanos;

/// The share of failures decides.
const MANY: Rules = Rules { failure_rate: Some(0.5), ..CONSECUTIVE };

/// A half-open circuit since 1,000, and all its probes.
fn full<const N: usize>(rules: Rules) -> (Circuit, [Entry; N]) {
    let probes = u32::try_from(N).expect("they are few");
    let (circuit, first) = half_open(Rules { probes, ..rules });
    let mut others = (1..N).map(|_| circuit.admit(1_000));
    let probes = [(); N].map(|()| others.next().unwrap_or(first));
    (circuit, probes)
}

#[test]
fn probes_keep_their_places_until_their_time_is_over() {
    let (circuit, _) = full::<2>(MANY);
    assert_eq!(circuit.refused(1_049), Refusal::PROBES_TAKEN);
    assert!(circuit.enter(Nanos(1_050)).0.is_ok());
}

#[test]
fn the_call_that_finds_the_time_over_starts_it_anew() {
    let (circuit, _) = full::<2>(MANY);
    (0..2).for_each(|_| _ = circuit.admit(1_060));
    assert_eq!(circuit.refused(1_109), Refusal::PROBES_TAKEN);
    circuit.admit(1_110);
}

#[test]
fn the_time_starts_anew_though_no_place_was_given_up() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..MANY });
    _ = circuit.exit(probe, Exit::Unsent, Nanos(1_000));
    circuit.admit(1_050);
    assert_eq!(circuit.refused(1_099), Refusal::PROBES_TAKEN);
}

#[test]
fn every_answer_starts_the_time_anew() {
    for answer in [Success, Failed, throttled(0), Ignored] {
        let (circuit, [probe, ..]) = full::<4>(MANY);
        assert_eq!(circuit.end(probe, answer, 1_040), None);
        // An ignored probe gave its place back.
        (circuit.numbers(1_040)[0]..1).for_each(|_| _ = circuit.admit(1_040));
        assert_eq!(circuit.refused(1_089), Refusal::PROBES_TAKEN, "{answer:?}");
        assert!(circuit.enter(Nanos(1_090)).0.is_ok(), "{answer:?}");
    }
}

#[test]
fn neither_admission_nor_abandonment_starts_the_time_anew() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..MANY });
    circuit.admit(1_030);
    circuit.abandon(probe);
    circuit.admit(1_040);
    assert_eq!(circuit.refused(1_049), Refusal::PROBES_TAKEN);
    assert!(circuit.enter(Nanos(1_050)).0.is_ok());
}

#[test]
fn a_probe_that_gave_up_its_place_counts_and_frees_none() {
    let (circuit, [old, other]) = full::<2>(MANY);
    (0..2).for_each(|_| _ = circuit.admit(1_050));
    assert_eq!(circuit.end(old, Success, 1_060), None);
    assert_eq!(circuit.refused(1_060), Refusal::PROBES_TAKEN);
    assert_eq!(told(circuit.end(other, Success, 1_060)), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
}

#[test]
fn a_probe_that_gave_up_its_place_frees_none_when_it_leaves() {
    for exit in [Exit::Abandoned, Exit::Unsent, Exit::Settled(Ignored)] {
        let (circuit, [old, _]) = full::<2>(MANY);
        (0..2).for_each(|_| _ = circuit.admit(1_050));
        assert_eq!(circuit.exit(old, exit, Nanos(1_060)), None);
        assert_eq!(circuit.refused(1_060), Refusal::PROBES_TAKEN, "{exit:?}");
    }
}

#[test]
fn a_service_whose_good_answers_come_late_closes() {
    let (circuit, first) = half_open(MANY);
    let mut calls = vec![first];
    for at in (1_010..1_200).step_by(10) {
        calls.extend(circuit.enter(Nanos(at)).0.ok());
    }
    let ends: Vec<_> = calls.drain(..5).map(|call| circuit.end(call, Success, 1_200)).collect();
    assert!(ends.into_iter().flatten().any(|transition| transition.to == Phase::Closed));
}

#[test]
fn as_many_abandoned_as_probes_open_it_when_the_time_is_over() {
    for probes in [1, 2] {
        let (circuit, probe) = half_open(Rules { probes, ..MANY });
        circuit.abandon(probe);
        (1..probes).for_each(|_| circuit.abandon(circuit.admit(1_000)));
        assert_eq!(circuit.enter(Nanos(1_049)).1, None);
        let (entered, transition) = circuit.enter(Nanos(1_050));
        assert_eq!(entered, Err(Refusal::open(Nanos(200))));
        let (from, to, reason, counts) = (Phase::HalfOpen, Phase::Open, Reason::Abandoned, Counts::NONE);
        let (open_for, at) = (Some(Nanos(200)), Nanos(1_050));
        assert_eq!(transition, Some(Transition { from, to, reason, counts, open_for, at, number: 3 }));
        assert_eq!(circuit.view(Nanos(1_051)).left, Some(Nanos(199)));
    }
}

#[test]
fn fewer_abandoned_than_probes_only_give_their_places_back() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..MANY });
    circuit.abandon(probe);
    let (entered, transition) = circuit.enter(Nanos(1_050));
    assert!(entered.is_ok() && transition.is_none());
}

#[test]
fn starting_the_time_anew_forgets_no_abandonment() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..MANY });
    circuit.abandon(probe);
    circuit.abandon(circuit.admit(1_050));
    assert_eq!(told(circuit.enter(Nanos(1_100)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Abandoned)));
}

#[test]
fn an_answer_before_the_next_call_forgets_every_abandonment() {
    let ends = [Success, Failed, Ignored].map(|answer| [Exit::Settled(answer), Exit::Repeated(answer)]);
    for answer in ends.into_iter().flatten() {
        let (circuit, probe) = half_open(Rules { probes: 3, ..MANY });
        let answered = circuit.admit(1_000);
        (0..3).for_each(|_| circuit.abandon(circuit.admit(1_000)));
        assert_eq!(circuit.exit(answered, answer, Nanos(1_060)), None, "{answer:?}");
        assert_eq!(circuit.enter(Nanos(1_060)).1, None, "{answer:?}");
        circuit.abandon(probe);
        assert_eq!(circuit.enter(Nanos(1_110)).1, None, "{answer:?}");
    }
}

#[test]
fn a_probe_that_was_not_sent_is_not_abandoned() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..MANY });
    _ = circuit.exit(probe, Exit::Unsent, Nanos(1_000));
    assert_eq!(circuit.enter(Nanos(1_050)).1, None);
}

#[test]
fn a_timeout_without_blame_abandons_a_probe() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..MANY });
    _ = circuit.exit(probe, Exit::TimedOut { limit: Nanos(21), is_repeat: false }, Nanos(1_010));
    assert_eq!(told(circuit.enter(Nanos(1_050)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Abandoned)));
}

#[test]
fn a_late_result_is_neither_an_answer_nor_an_abandonment() {
    let (circuit, [old, _]) = full::<2>(MANY);
    circuit.reset(Nanos(1_000));
    let circuit = circuit.opened(1_000);
    let probes = [1_100; 2].map(|at| circuit.admit(at));
    circuit.abandon(old);
    circuit.abandon(probes[0]);
    assert_eq!(circuit.enter(Nanos(1_150)).1, None);
}

#[test]
fn half_open_with_little_traffic_never_expires() {
    let (circuit, probe) = half_open(MANY);
    circuit.end(probe, Success, 1_000);
    assert_eq!(circuit.enter(Nanos(u64::MAX)).1, None);
    assert_eq!(circuit.numbers(0)[0], 1);
}

#[test]
fn without_time_probes_do_not_limit_what_is_in_flight() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos(0), probes: 2, ..MANY });
    assert!((0..100).all(|_| circuit.enter(Nanos(1_000)).0.is_ok()));
}

#[test]
fn with_all_the_time_probes_never_give_up_their_places() {
    let (circuit, _) = full::<2>(Rules { half_open_for: Nanos::MAX, ..MANY });
    assert_eq!(circuit.refused(u64::MAX), Refusal::PROBES_TAKEN);
}

#[test]
fn a_service_is_needed_until_the_time_of_probes_in_flight_is_over() {
    let (circuit, probe) = half_open(MANY);
    assert_eq!([1_049, 1_050].map(|at| circuit.needs_no_service(Nanos(at))), [false, true]);
    circuit.abandon(probe);
    assert!(!circuit.needs_no_service(Nanos(1_050)), "nobody is in flight");
}
