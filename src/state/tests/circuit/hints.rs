//! Claims about the pause that a throttled call asks for.

use super::{OFF, half_open};
use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::circuit::{Circuit, Phase, Reason, Refusal, Rules, Transition};
use crate::state::tests::circuit::throttled;
use crate::time::Nanos;

/// Opens for 100 when half of at least 4 calls are throttled, or for up to 1,000 where a call asks for it.
const HEEDING: Rules = Rules { throttled_rate: Some(0.5), max_retry_after: Nanos(1_000), ..OFF };

/// How long the last of four results keeps the circuit open.
fn open_for(rules: Rules, last: Outcome) -> u64 {
    let circuit = Circuit::of(rules);
    circuit.calls(&[throttled(999), Failed, throttled(999)], 0);
    let opened: Transition = circuit.call(last, 7).expect("half of four are throttled");
    assert_eq!(opened.to, Phase::Open);
    let open_for = opened.open_for.expect("it opened");
    assert_eq!(circuit.refused(7), Refusal::open(open_for));
    open_for.0
}

#[test]
fn a_throttled_call_that_opens_is_given_the_pause_it_asks_for() {
    assert_eq!(open_for(HEEDING, throttled(400)), 400);
}

#[test]
fn a_pause_shorter_than_the_open_time_changes_nothing() {
    assert_eq!(open_for(HEEDING, throttled(99)), 100);
    assert_eq!(open_for(HEEDING, Failed), 100);
}

#[test]
fn no_call_keeps_a_circuit_open_longer_than_the_longest_pause() {
    assert_eq!(open_for(HEEDING, throttled(u64::MAX)), 1_000);
}

#[test]
fn where_no_pause_is_allowed_none_is_made() {
    assert_eq!(open_for(Rules { max_retry_after: Nanos(0), ..HEEDING }, throttled(400)), 100);
}

#[test]
fn a_pause_counts_only_where_the_throttled_rule_is_reached() {
    for (throttled_rate, open_for) in [(1.0, 100), (0.2, 400)] {
        let circuit =
            Circuit::timed(Rules { failure_rate: Some(0.5), throttled_rate: Some(throttled_rate), ..HEEDING });
        circuit.calls(&[Success; 10], 0);
        circuit.calls(&[Failed; 4], 90);
        let opened = circuit.call(throttled(400), 100).expect("the successes have expired");
        assert_eq!((opened.reason, opened.open_for), (Reason::FailureRate, Some(Nanos(open_for))));
    }
}

#[test]
fn a_throttled_probe_is_given_its_pause_too() {
    let (circuit, probe) = half_open(Rules { probes: 1, ..HEEDING });
    let opened = circuit.end(probe, throttled(900), 1_000).expect("it is the only probe");
    assert_eq!(opened.open_for, Some(Nanos(900)));
}
