//! Claims about phases that are set by hand.

use super::{CONSECUTIVE, FAILING, PHASES, in_phase, opened, told};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Reason, Refusal, Rules};
use crate::state::tests::circuit::throttled;
use crate::time::Nanos;

#[test]
fn what_is_set_by_hand_is_set_from_any_phase() {
    for from in PHASES {
        for to in [Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
            let circuit = in_phase(from);
            let transition = circuit.force(to, Nanos(2_000));
            assert_eq!(told(transition), (from != to).then_some((from, to, Reason::ByHand)));
            assert_eq!(circuit.phase(), to);
        }
    }
}

#[test]
fn a_phase_set_by_hand_outlives_the_calls_that_were_in_flight() {
    for phase in [Phase::ForcedOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = Circuit::of(CONSECUTIVE);
        let entries = [0; 4].map(|at| circuit.admit(at));
        circuit.force(phase, Nanos(0));
        for (entry, outcome) in entries.into_iter().zip([Failed, Failed, Success, throttled(0)]) {
            assert_eq!(circuit.end(entry, outcome, 0), None);
        }
        assert_eq!((circuit.phase(), circuit.late()), (phase, 4));
    }
}

#[test]
fn forced_open_rejects_for_ever_and_knows_no_time_left() {
    let circuit = in_phase(Phase::ForcedOpen);
    assert_eq!([0, 100, u64::MAX].map(|at| circuit.refused(at)), [Refusal::FORCED; 3]);
    assert_eq!(circuit.view(Nanos(0)).left, None);
}

#[test]
fn an_open_circuit_that_is_forced_open_does_not_heal() {
    let circuit = opened();
    circuit.force(Phase::ForcedOpen, Nanos(50));
    assert_eq!(circuit.refused(100), Refusal::FORCED);
}

#[test]
fn forced_closed_counts_nothing() {
    let circuit = Circuit::of(Rules { failure_rate: Some(0.5), ..CONSECUTIVE });
    circuit.force(Phase::ForcedClosed, Nanos(0));
    circuit.calls(&[Failed; 30], 0);
    assert_eq!((circuit.numbers(0), circuit.late()), ([0; 4], 0));
}

#[test]
fn a_change_by_hand_tells_the_counts_that_it_leaves() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failed, Success], 0);
    let forced = circuit.force(Phase::ForcedOpen, Nanos(0)).expect("it was closed");
    assert_eq!((forced.counts.calls, forced.counts.failures, forced.open_for), (2, 1, None));
}
