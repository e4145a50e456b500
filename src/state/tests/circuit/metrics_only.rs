//! Claims about a circuit that only reports.

use super::{CONSECUTIVE, FAILING, in_phase};
use crate::outcome::Outcome::Failed;
use crate::state::circuit::{Circuit, Phase, Reason, Transition};
use crate::state::counts::Counts;
use crate::time::Nanos;

#[test]
fn metrics_only_begins_with_an_empty_window() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failed; 3], 0);
    let entered = circuit.force(Phase::MetricsOnly, Nanos(0)).expect("it was closed");
    assert_eq!((entered.counts.calls, circuit.numbers(0)), (3, [0; 4]));
    circuit.calls(&[Failed; 3], 0);
    assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
}

#[test]
fn metrics_only_reports_once_for_each_time_it_would_have_opened() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.force(Phase::MetricsOnly, Nanos(0));
        for number in 2..7 {
            circuit.calls(&[Failed; 3], 0);
            let report = circuit.call(Failed, 0).expect("the fourth failure completes min_calls");
            let counts = Counts { calls: 4, failures: 4, throttled: 0, slow: 0, consecutive: 0 };
            let (from, to, reason) = (Phase::MetricsOnly, Phase::MetricsOnly, Reason::FailureRate);
            assert_eq!(report, Transition { from, to, reason, counts, open_for: None, at: Nanos(0), number });
            assert_eq!(circuit.numbers(0), [0; 4]);
        }
    }
}

#[test]
fn a_report_of_metrics_only_does_not_begin_a_new_phase() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.force(Phase::MetricsOnly, Nanos(3));
    circuit.call(Failed, 5);
    _ = circuit.call(Failed, 6).expect("it reports");
    assert_eq!(circuit.view(Nanos(9)).since, Nanos(3));
}

#[test]
fn metrics_only_never_rejects() {
    let circuit = in_phase(Phase::MetricsOnly);
    for at in 0..10 {
        circuit.call(Failed, at);
        assert!(circuit.enter(Nanos(at)).0.is_ok());
    }
}
