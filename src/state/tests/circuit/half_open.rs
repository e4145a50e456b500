//! Claims about probes, and what they decide.

use super::{CONSECUTIVE, FAILING, OFF, SLOW, half_open, told};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Reason, Refusal, Rules, Transition};
use crate::state::counts::Counts;
use crate::state::tests::circuit::throttled;
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::time::Nanos;

#[test]
fn a_recovery_closes_with_an_empty_window() {
    for window in
        [Window::Count(CountWindow::new(10, 4)), Window::Time(TimeWindow::new(Nanos(1_000_000), 10, 4, false))]
    {
        let circuit = Circuit::over(Rules { probes: 1, ..FAILING }, window);
        (0..4).for_each(|_| _ = circuit.call(Failed, 0));
        let recovered = circuit.call(Success, 100).expect("the probe closes it");
        assert_eq!((recovered.to, recovered.counts.calls, circuit.numbers(100)), (Phase::Closed, 1, [0; 4]));
        circuit.calls(&[Failed; 3], 100);
        assert_eq!(circuit.numbers(100), [3, 3, 0, 0]);
    }
}

#[test]
fn a_half_open_circuit_admits_as_many_calls_as_probes() {
    for probes in [1, 2, 5, 1_023] {
        let (circuit, _) = half_open(Rules { probes, ..CONSECUTIVE });
        (1..probes).for_each(|_| _ = circuit.admit(1_000));
        assert_eq!(circuit.refused(1_000), Refusal::PROBES_TAKEN);
    }
}

#[test]
fn a_counted_probe_keeps_its_place() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.end(probe, Success, 1_000);
    circuit.admit(1_000);
    assert_eq!(circuit.refused(1_000), Refusal::PROBES_TAKEN);
}

#[test]
fn an_abandoned_probe_frees_its_place_once() {
    let (circuit, probe) = half_open(Rules { probes: 2, ..CONSECUTIVE });
    circuit.admit(1_000);
    circuit.abandon(probe);
    assert_eq!(circuit.numbers(1_000), [0; 4]);
    circuit.admit(1_000);
    assert_eq!(circuit.refused(1_000), Refusal::PROBES_TAKEN);
}

#[test]
fn probes_show_their_counts() {
    let (circuit, probe) = half_open(Rules { failure_rate: Some(1.0), slow_rate: Some((1.0, Nanos(10))), ..OFF });
    circuit.end(probe, Success, 1_011);
    assert_eq!(circuit.numbers(1_011), [1, 0, 1, 0]);
}

#[test]
fn the_first_failed_probe_opens_with_the_counts_of_the_probes() {
    let (circuit, probe) = half_open(CONSECUTIVE);
    circuit.end(probe, Success, 1_000);
    let counts = Counts { calls: 2, failures: 1, throttled: 0, slow: 0, consecutive: 1 };
    let (from, to, reason) = (Phase::HalfOpen, Phase::Open, Reason::Consecutive);
    let opened = Transition { from, to, reason, counts, open_for: Some(Nanos(200)), at: Nanos(1_001), number: 3 };
    assert_eq!(circuit.call(Failed, 1_001), Some(opened));
    assert_eq!(circuit.refused(1_200), Refusal::open(Nanos(1)));
}

#[test]
fn a_throttled_probe_is_counted_and_is_no_failure() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    let closed = circuit.end(probe, throttled(0), 1_000);
    assert_eq!(told(closed), Some((Phase::HalfOpen, Phase::Closed, Reason::Recovered)));
}

#[test]
fn slow_probes_open() {
    let rules = Rules { probes: 2, ..SLOW };
    let circuit = Circuit::of(rules);
    (0..4).for_each(|_| _ = circuit.end(circuit.admit(0), Success, 11));
    let probe = circuit.admit(200);
    assert_eq!(told(circuit.end(probe, Success, 211)), Some((Phase::HalfOpen, Phase::Open, Reason::SlowRate)));
}
