//! Claims about probes that do not come back.

use super::{CONSECUTIVE, half_open, told};
use crate::outcome::Outcome::Success;
use crate::state::circuit::{Phase, Reason, Refusal, Rules, Transition};
use crate::state::counts::Counts;
use crate::time::Nanos;

#[test]
fn a_half_open_circuit_without_a_probe_in_flight_never_expires() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.end(probe, Success, 1_000);
    let second = circuit.admit(1_000);
    circuit.abandon(second);
    assert_eq!(circuit.enter(Nanos(u64::MAX)).1, None);
    assert_eq!(circuit.numbers(0)[0], 1);
}

#[test]
fn a_probe_is_not_hung_one_nanosecond_before_its_time() {
    let (circuit, _) = half_open(CONSECUTIVE);
    let (entered, transition) = circuit.enter(Nanos(1_049));
    assert!(entered.is_ok() && transition.is_none());
}

#[test]
fn the_call_that_finds_a_hung_probe_opens_and_is_rejected() {
    for probes in [1, 5] {
        let (circuit, _) = half_open(Rules { probes, ..CONSECUTIVE });
        let (entered, transition) = circuit.enter(Nanos(1_050));
        assert_eq!(entered, Err(Refusal::open(Nanos(200))));
        let (from, to, reason) = (Phase::HalfOpen, Phase::Open, Reason::Hung);
        let counts = Counts::NONE;
        assert_eq!(transition, Some(Transition { from, to, reason, counts, open_for: Some(Nanos(200)) }));
        assert_eq!(circuit.view(Nanos(1_051)).left, Some(Nanos(199)));
    }
}

#[test]
fn a_full_half_open_circuit_rejects_until_its_probe_hangs() {
    let (circuit, _) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    assert_eq!(circuit.refused(1_049), Refusal::PROBES_TAKEN);
    assert_eq!(circuit.refused(1_050), Refusal::open(Nanos(200)));
}

#[test]
fn an_admission_puts_off_the_time_at_which_probes_hang() {
    let (circuit, _) = half_open(CONSECUTIVE);
    circuit.admit(1_049);
    circuit.admit(1_098);
    assert_eq!(told(circuit.enter(Nanos(1_148)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn a_counted_result_puts_off_the_time_at_which_probes_hang() {
    let (circuit, probe) = half_open(Rules { probes: 3, ..CONSECUTIVE });
    (0..2).for_each(|_| _ = circuit.admit(1_000));
    circuit.end(probe, Success, 1_040);
    assert_eq!(circuit.refused(1_089), Refusal::PROBES_TAKEN);
    let (_, hung) = circuit.enter(Nanos(1_090));
    assert_eq!(hung.map(|hung| (hung.reason, hung.counts.calls)), Some((Reason::Hung, 1)));
}

#[test]
fn no_abandoned_probe_or_rejection_puts_off_when_probes_hang() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.admit(1_000);
    circuit.refused(1_030);
    circuit.abandon(probe);
    assert_eq!(told(circuit.enter(Nanos(1_050)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn the_result_of_a_hung_probe_is_late() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.refused(1_050);
    assert_eq!(circuit.end(probe, Success, 1_051), None);
    assert_eq!((circuit.phase(), circuit.late()), (Phase::Open, 1));
}

#[test]
fn a_probe_back_after_its_time_but_before_a_call_still_counts() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    assert_eq!(told(circuit.end(probe, Success, 2_000)), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
}

#[test]
fn without_time_to_come_back_a_probe_hangs_at_the_next_call() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos(0), ..CONSECUTIVE });
    assert_eq!(told(circuit.enter(Nanos(1_000)).1), Some((Phase::HalfOpen, Phase::Open, Reason::Hung)));
}

#[test]
fn with_all_the_time_to_come_back_a_probe_does_not_hang() {
    let (circuit, _) = half_open(Rules { half_open_for: Nanos::MAX, ..CONSECUTIVE });
    assert!(circuit.enter(Nanos(u64::MAX - 1)).0.is_ok());
}
