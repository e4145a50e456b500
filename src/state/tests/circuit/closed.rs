//! Claims about what a closed circuit counts, and when it opens.

use super::{CONSECUTIVE, FAILING, half_open, opened, told};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Exit, Phase, Reason, Refusal, Rules, Transition};
use crate::state::counts::Counts;
use crate::state::tests::circuit::throttled;
use crate::time::Nanos;

#[test]
fn a_run_of_failures_opens_at_its_threshold() {
    let circuit = Circuit::of(Rules { consecutive: Some(3), ..CONSECUTIVE });
    circuit.calls(&[Failed, Failed], 0);
    let counts = Counts { consecutive: 3, ..Counts::NONE };
    let (from, to, reason) = (Phase::Closed, Phase::Open, Reason::Consecutive);
    let opened = Transition { from, to, reason, counts, open_for: Some(Nanos(100)), at: Nanos(0), number: 1 };
    assert_eq!(circuit.call(Failed, 0), Some(opened));
}

#[test]
fn a_success_ends_the_run_of_failures() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.calls(&[Failed, Success, Failed], 0);
    assert_eq!(circuit.numbers(0)[3], 1);
}

#[test]
fn a_throttled_call_leaves_the_run_of_failures_as_it_is() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.calls(&[throttled(0), Failed, throttled(0), throttled(0)], 0);
    assert_eq!(circuit.numbers(0)[3], 1);
    assert!(circuit.call(Failed, 0).is_some());
}

#[test]
fn an_abandoned_call_leaves_the_run_of_failures_as_it_is() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failed, 0);
    circuit.abandon(circuit.admit(0));
    assert_eq!(circuit.numbers(0)[3], 1);
}

#[test]
fn no_run_is_counted_where_the_rule_is_off() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Failed; 3], 0);
    assert_eq!(circuit.numbers(0), [3, 3, 0, 0]);
}

#[test]
fn the_run_of_failures_and_the_window_decide_together() {
    let circuit = Circuit::of(Rules { consecutive: Some(3), ..FAILING });
    circuit.calls(&[Failed, Success, Failed], 0);
    assert_eq!(circuit.numbers(0), [3, 2, 0, 1]);
    let opened = circuit.call(Failed, 0).expect("three of four failed");
    let counts = Counts { calls: 4, failures: 3, throttled: 0, slow: 0, consecutive: 2 };
    assert_eq!((opened.reason, opened.counts), (Reason::FailureRate, counts));
}

#[test]
fn an_abandoned_call_counts_nothing() {
    for phase in [Phase::Closed, Phase::MetricsOnly] {
        let circuit = Circuit::of(FAILING);
        circuit.force(phase, Nanos(0));
        circuit.abandon(circuit.admit(0));
        assert_eq!((circuit.numbers(0), circuit.late()), ([0; 4], 0));
    }
}

#[test]
fn a_throttled_call_is_no_failure() {
    let circuit = Circuit::of(FAILING);
    circuit.calls(&[Success, Success, throttled(0), throttled(0), throttled(0), Failed], 0);
    assert_eq!(circuit.numbers(0), [6, 1, 0, 0]);
}

#[test]
fn throttled_calls_open_by_a_rate_of_their_own() {
    let circuit = Circuit::of(Rules { throttled_rate: Some(0.5), ..FAILING });
    circuit.calls(&[Success, Success, throttled(0)], 0);
    let opened = circuit.call(throttled(0), 0);
    assert_eq!(opened.map(|opened| opened.counts.throttled), Some(2));
    assert_eq!(told(opened), Some((Phase::Closed, Phase::Open, Reason::ThrottledRate)));
}

#[test]
fn a_repeat_that_fails_has_no_vote_in_the_rates() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.calls(&[Success; 2], 0);
        for outcome in [Failed, throttled(0), Failed, Failed] {
            assert_eq!(circuit.repeat(outcome, 0), None);
        }
        assert_eq!(circuit.numbers(0), [2, 0, 0, 0]);
        assert_eq!(circuit.repeat(Success, 0), None);
        assert_eq!(circuit.numbers(0), [3, 0, 0, 0]);
    }
}

#[test]
fn a_repeat_that_fails_counts_in_the_run() {
    let circuit = Circuit::of(CONSECUTIVE);
    circuit.call(Failed, 0);
    assert_eq!(told(circuit.repeat(Failed, 0)), Some((Phase::Closed, Phase::Open, Reason::Consecutive)));
}

#[test]
fn a_repeat_is_a_moment_of_decision() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Success; 10], 0);
    circuit.calls(&[Failed; 4], 90);
    let opened = circuit.repeat(throttled(0), 100);
    assert_eq!(told(opened), Some((Phase::Closed, Phase::Open, Reason::FailureRate)));
}

#[test]
fn a_repeat_counts_as_every_probe_does() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..CONSECUTIVE });
    let opened = circuit.exit(probe, Exit::Repeated(Failed), Nanos(1_000));
    assert_eq!(told(opened), Some((Phase::HalfOpen, Phase::Open, Reason::Consecutive)));
}

#[test]
fn the_success_that_completes_min_calls_opens() {
    for circuit in [Circuit::of(FAILING), Circuit::timed(FAILING)] {
        circuit.calls(&[Failed, Failed, Success], 0);
        let counts = Counts { calls: 4, failures: 2, throttled: 0, slow: 0, consecutive: 0 };
        let opened = circuit.call(Success, 0).expect("half of four failed");
        assert_eq!((opened.reason, opened.counts), (Reason::FailureRate, counts));
    }
}

#[test]
fn a_rate_that_rises_by_expiry_waits_for_a_moment_of_decision() {
    let circuit = Circuit::timed(FAILING);
    circuit.calls(&[Success; 10], 0);
    circuit.calls(&[Failed; 4], 90);
    assert_eq!(circuit.numbers(100), [4, 4, 0, 0]);
    circuit.calls(&[Success; 3], 100);
    assert_eq!((circuit.phase(), circuit.numbers(100)), (Phase::Closed, [7, 4, 0, 0]));
    assert!(circuit.call(Failed, 100).is_some());
}

#[test]
fn a_call_counts_when_it_ends() {
    let circuit = Circuit::timed(FAILING);
    let entry = circuit.admit(0);
    circuit.end(entry, Failed, 95);
    assert_eq!([100, 189, 190].map(|at| circuit.numbers(at)[0]), [1, 1, 0]);
}

#[test]
fn min_calls_is_what_the_rules_say() {
    assert_eq!(Circuit::of(FAILING).min_calls(), 4);
}

#[test]
fn a_clock_that_goes_back_is_legal() {
    let circuit = Circuit::timed(Rules { slow_rate: Some((0.5, Nanos(10))), ..FAILING });
    assert_eq!(circuit.end(circuit.admit(500), Success, 0), None);
    assert_eq!(circuit.numbers(0), [1, 0, 0, 0]);
    assert_eq!(opened().refused(0), Refusal::open(Nanos(100)));
}
