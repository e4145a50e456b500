//! Claims about what a circuit says to one who watches the service, and makes no calls.

use super::lock_free::while_locked;
use super::{PHASES, Reading, in_phase, opened};
use crate::judge::Judgement;
use crate::state::circuit::Phase;
use crate::time::Nanos;

#[test]
fn each_phase_has_its_judgement() {
    for (phase, judgement) in [
        (Phase::Closed, Judgement::Healthy),
        (Phase::MetricsOnly, Judgement::Healthy),
        (Phase::ForcedClosed, Judgement::Healthy),
        (Phase::Open, Judgement::Unhealthy),
        (Phase::ForcedOpen, Judgement::Unhealthy),
        (Phase::HalfOpen, Judgement::OnTrial),
    ] {
        assert_eq!(in_phase(phase).judgement(Nanos(1)), judgement, "{phase:?}");
    }
}

#[test]
fn an_open_circuit_is_on_trial_as_soon_as_a_call_may_pass() {
    let circuit = opened();
    for (at, judgement) in [(99, Judgement::Unhealthy), (100, Judgement::OnTrial), (u64::MAX, Judgement::OnTrial)] {
        assert_eq!(circuit.judgement(Nanos(at)), judgement, "at {at}");
    }
    circuit.admit(100);
}

#[test]
fn each_phase_has_its_trouble() {
    for (phase, is_in_trouble) in [
        (Phase::Closed, false),
        (Phase::MetricsOnly, false),
        (Phase::ForcedClosed, false),
        (Phase::Open, true),
        (Phase::ForcedOpen, true),
        (Phase::HalfOpen, true),
    ] {
        assert_eq!(in_phase(phase).is_in_trouble(Nanos(1)), is_in_trouble, "{phase:?}");
    }
}

#[test]
fn trouble_ends_10_s_after_the_open_time() {
    const OVER: u64 = 10_000_000_100;
    let (open, probed) = (opened(), opened());
    probed.admit(OVER - 1);
    for circuit in [&open, &probed] {
        for (at, is_in_trouble) in [(99, true), (100, true), (OVER - 1, true), (OVER, false), (u64::MAX, false)] {
            assert_eq!(circuit.is_in_trouble(Nanos(at)), is_in_trouble, "at {at}, {}", circuit.phase());
        }
    }
    assert_eq!(probed.phase(), Phase::HalfOpen);
}

#[test]
fn a_circuit_reads_the_clock_to_judge_only_while_it_is_open() {
    for phase in PHASES {
        let is_read = std::cell::Cell::new(false);
        let clock = Reading(|| {
            is_read.set(true);
            Nanos(1)
        });
        in_phase(phase).judgement(&clock);
        assert_eq!(is_read.get(), phase == Phase::Open, "{phase:?}");
    }
}

#[test]
fn a_circuit_judges_without_the_lock() {
    for phase in PHASES {
        let circuit = in_phase(phase);
        assert_eq!(while_locked(&circuit, || circuit.judgement(Nanos(1))), Some(circuit.judgement(Nanos(1))));
    }
}
