//! Claims about streams, and the time that probes have.

use super::{DUE, streaming};
use crate::outcome::Outcome::Success;
use crate::state::circuit::{Exit, Phase, Reason, Refusal, Rules};
use crate::state::tests::circuit::{CONSECUTIVE, half_open, told};
use crate::time::Nanos;

#[test]
fn a_stream_whose_time_is_over_is_a_success_first() {
    let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
    circuit.look(1_050);
    assert!(!circuit.needs_no_service(Nanos(1_050)));
    circuit.admit(1_050);
    assert_eq!(circuit.numbers(1_050), [1, 0, 0, 0]);
}

#[test]
fn a_stream_starts_the_time_of_others_anew_at_its_own_moment() {
    for found in [DUE, 1_049, 1_074] {
        let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
        circuit.admit(1_000);
        circuit.look(found);
        assert_eq!(circuit.refused(1_074), Refusal::PROBES_TAKEN, "found at {found}");
        assert!(circuit.enter(Nanos(1_075)).0.is_ok(), "found at {found}");
    }
}

#[test]
fn a_stream_that_counts_late_does_not_take_an_answer_back() {
    let (circuit, probe) = half_open(Rules { probes: 3, ..CONSECUTIVE });
    let [answered, _] = [1_000; 2].map(|at| circuit.admit(at));
    circuit.end(answered, Success, 1_040);
    circuit.streams(probe);
    circuit.look(1_041);
    assert_eq!((circuit.refused(1_089), circuit.numbers(1_089)), (Refusal::PROBES_TAKEN, [2, 0, 0, 0]));
    assert!(circuit.enter(Nanos(1_090)).0.is_ok());
}

#[test]
fn what_is_abandoned_after_the_moment_of_a_stream_is_not_forgotten() {
    let (circuit, _) = streaming(Rules { probes: 2, ..CONSECUTIVE });
    let mut left = circuit.admit(1_000);
    for at in [DUE + 1, DUE + 2] {
        _ = circuit.exit(left, Exit::Abandoned, Nanos(at));
        left = circuit.admit(at);
    }
    let (entered, transition) = circuit.enter(Nanos(DUE + 50));
    assert_eq!((entered.is_err(), told(transition)), (true, Some((Phase::HalfOpen, Phase::Open, Reason::Abandoned))));
}

#[test]
fn a_stream_that_gave_up_its_place_counts_at_its_moment() {
    let (circuit, probe) = half_open(Rules { probes: 2, half_open_for: Nanos(50), ..CONSECUTIVE });
    circuit.admit(1_000);
    circuit.admit(1_050);
    let stream = circuit.streams(probe);
    assert_eq!(stream.1, Nanos(DUE));
    assert_eq!((circuit.look(1_060), circuit.numbers(1_060)), (None, [1, 0, 0, 0]));
    assert_eq!(circuit.refused(1_060), Refusal::PROBES_TAKEN);
}
