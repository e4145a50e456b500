//! Claims about a reset.

use super::{CONSECUTIVE, FAILING, PHASES, in_phase, opened, told};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Reason};
use crate::time::Nanos;

#[test]
fn a_reset_closes_from_any_phase() {
    for from in PHASES {
        let circuit = in_phase(from);
        let expected = (from != Phase::Closed).then_some((from, Phase::Closed, Reason::ByHand));
        assert_eq!(told(circuit.reset(Nanos(2_000))), expected);
        assert_eq!((circuit.phase(), circuit.numbers(2_000)), (Phase::Closed, [0; 4]));
    }
}

#[test]
fn a_reset_makes_every_call_in_flight_late() {
    for from in [Phase::Closed, Phase::HalfOpen, Phase::ForcedClosed, Phase::MetricsOnly] {
        let circuit = in_phase(from);
        let [first, second] = [0; 2].map(|_| circuit.admit(1_000));
        circuit.reset(Nanos(1_000));
        assert_eq!((circuit.end(first, Failed, 1_000), circuit.end(second, Success, 1_000)), (None, None));
        assert_eq!((circuit.late(), circuit.numbers(1_000)), (2, [0; 4]), "{from:?}");
    }
}

#[test]
fn a_reset_of_a_closed_circuit_empties_its_window() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.calls(&[Failed; 3], 0);
        assert_eq!(circuit.reset(Nanos(0)), None);
        assert_eq!(circuit.numbers(0), [0; 4]);
        circuit.calls(&[Success; 3], 0);
        circuit.calls(&[Failed; 2], 0);
        assert_eq!(circuit.numbers(0), [5, 2, 0, 0]);
    }
}

#[test]
fn a_reset_of_a_closed_circuit_ends_the_run_of_failures() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failed, 0);
    circuit.reset(Nanos(0));
    assert_eq!(circuit.call(Failed, 0), None);
}

#[test]
fn a_reset_of_an_open_circuit_lets_calls_through_at_once() {
    let circuit = opened();
    circuit.reset(Nanos(1));
    assert!(circuit.enter_closed().is_some());
}

#[test]
fn a_reset_sets_the_backoff_to_its_first_step() {
    let circuit = opened();
    let probe = circuit.admit(100);
    assert_eq!(circuit.end(probe, Failed, 100).and_then(|opened| opened.open_for), Some(Nanos(200)));
    circuit.reset(Nanos(100));
    circuit.call(Failed, 100);
    assert_eq!(circuit.call(Failed, 100).and_then(|opened| opened.open_for), Some(Nanos(100)));
}

#[test]
fn a_reset_of_a_closed_circuit_does_not_begin_a_new_phase() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.reset(Nanos(9));
    assert_eq!(circuit.view(Nanos(10)).since, Nanos(0));
}

#[test]
fn results_are_counted_through_two_hundred_thousand_generations() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        for _ in 0..200_000 {
            circuit.reset(Nanos(0));
        }
        circuit.calls(&[Failed; 3], 0);
        assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
        assert!(circuit.call(Failed, 0).is_some());
    }
}
