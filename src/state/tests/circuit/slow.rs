//! Claims about slow calls, and calls that were cut.

use super::{CONSECUTIVE, FAILING, OFF, SLOW, half_open};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Exit, Phase, Reason, Refusal, Rules};
use crate::state::counts::Counts;
use crate::time::Nanos;

#[test]
fn a_call_is_slow_only_when_it_takes_longer_than_the_limit() {
    for make in [Circuit::of, Circuit::timed] {
        let circuit = make(Rules { min_calls: 10, ..SLOW });
        let slow = |outcome, took: u64| {
            circuit.end(circuit.admit(7), outcome, 7 + took);
            circuit.numbers(20)[2]
        };
        assert_eq!([slow(Success, 10), slow(Failed, 10), slow(Success, 11), slow(Failed, 11)], [0, 0, 1, 2]);
    }
}

#[test]
fn the_time_of_a_call_runs_from_its_first_poll() {
    let circuit = Circuit::of(SLOW);
    let [mut polled, unpolled] = [0; 2].map(|at| circuit.enter(Nanos(at)).0.expect("it is closed"));
    polled.start(Nanos(50));
    polled.start(Nanos(55));
    circuit.end(polled, Success, 60);
    circuit.end(unpolled, Success, 60);
    assert_eq!(circuit.numbers(60), [2, 0, 0, 0]);
    let mut slow = circuit.enter(Nanos(0)).0.expect("it is closed");
    slow.start(Nanos(50));
    circuit.end(slow, Success, 61);
    assert_eq!(circuit.numbers(61), [3, 0, 1, 0]);
}

#[test]
fn slow_successes_open() {
    let circuit = Circuit::of(SLOW);
    for took in [0, 0, 11] {
        assert_eq!(circuit.end(circuit.admit(0), Success, took), None);
    }
    let opened = circuit.end(circuit.admit(0), Success, 11).expect("half of four were slow");
    let counts = Counts { calls: 4, failures: 0, throttled: 0, slow: 2, consecutive: 0 };
    assert_eq!((opened.reason, opened.counts), (Reason::SlowRate, counts));
}

#[test]
fn a_slow_call_that_was_abandoned_leaves_the_run_of_failures_as_it_is() {
    let circuit = Circuit::of(Rules { consecutive: Some(2), min_calls: 10, ..SLOW });
    circuit.call(Failed, 0);
    assert_eq!(circuit.exit(circuit.admit(0), Exit::Abandoned, Nanos(11)), None);
    assert_eq!(circuit.numbers(11), [2, 1, 1, 1]);
}

#[test]
fn failures_do_not_open_under_the_slow_rate_alone() {
    let circuit = Circuit::of(SLOW);
    circuit.calls(&[Failed; 10], 0);
    assert_eq!(circuit.numbers(0), [10, 10, 0, 0]);
}

#[test]
fn no_call_is_slow_where_the_limit_is_the_longest_time() {
    let circuit = Circuit::of(Rules { slow_rate: Some((0.5, Nanos::MAX)), ..OFF });
    circuit.end(circuit.admit(0), Success, u64::MAX);
    assert_eq!(circuit.numbers(0), [1, 0, 0, 0]);
}

#[test]
fn a_call_that_was_cut_is_a_failure() {
    let circuit = Circuit::of(FAILING);
    assert_eq!(circuit.time_out(circuit.admit(0), Nanos(0)), None);
    assert_eq!(circuit.numbers(0), [1, 1, 0, 0]);
}

#[test]
fn a_call_that_was_cut_is_a_slow_failure_only_after_the_limit() {
    let circuit = Circuit::of(Rules { min_calls: 10, ..SLOW });
    circuit.time_out(circuit.admit(0), Nanos(10));
    assert_eq!(circuit.numbers(0), [0; 4]);
    circuit.time_out(circuit.admit(0), Nanos(11));
    assert_eq!(circuit.numbers(0), [1, 1, 1, 0]);
}

#[test]
fn a_probe_that_was_cut_before_the_limit_gives_its_place_back() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..SLOW });
    assert_eq!(circuit.refused(1_000), Refusal::PROBES_TAKEN);
    assert_eq!(circuit.time_out(probe, Nanos(1_010)), None);
    circuit.admit(1_010);
}

#[test]
fn a_probe_that_was_cut_after_the_limit_opens() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..SLOW });
    let opened = circuit.time_out(probe, Nanos(1_011)).expect("a failed probe opens");
    assert_eq!((opened.counts.failures, opened.counts.slow, circuit.phase()), (1, 1, Phase::Open));
}

#[test]
fn a_cut_that_trips_tells_so() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failed, 0);
    assert!(circuit.time_out(circuit.admit(0), Nanos(0)).is_some());
}
