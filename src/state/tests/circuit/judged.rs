//! Claims about what a circuit says to one who chooses between services.

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
