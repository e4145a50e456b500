//! Claims about which counts open a closed circuit.

use super::{consecutive, counts, failing, slow, throttling};
use crate::state::circuit::{Reason, Rules};
use crate::state::counts::Counts;
use crate::state::tests::OFF;
use crate::time::Nanos;

/// Why these counts open the circuit, if they do.
fn trip(rules: &Rules, counts: &Counts) -> Option<Reason> {
    rules.trip(counts, 0).map(|trip| trip.reason)
}

#[test]
fn a_failure_rate_trips_at_its_threshold() {
    assert_eq!(trip(&failing(0.5), &counts(20, 10, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_does_not_trip_one_failure_below_its_threshold() {
    assert_eq!(trip(&failing(0.5), &counts(20, 9, 20, 20)), None);
}

#[test]
fn a_failure_rate_trips_above_its_threshold() {
    assert_eq!(trip(&failing(0.5), &counts(20, 20, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn what_streams_lowers_a_rate_and_is_no_result() {
    let trip = |calls, failures, streams| failing(0.5).trip(&counts(calls, failures, 0, 0), streams).is_some();
    assert_eq!([trip(4, 2, 0), trip(4, 2, 1), trip(4, 4, 4), trip(3, 3, 1)], [true, false, true, false]);
}

#[test]
fn three_failures_of_ten_reach_three_tenths() {
    assert_eq!(trip(&failing(0.3), &counts(10, 3, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_of_one_trips_only_when_all_failed() {
    assert_eq!(trip(&failing(1.0), &counts(1_000_000, 999_999, 0, 0)), None);
    assert_eq!(trip(&failing(1.0), &counts(1_000_000, 1_000_000, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn the_least_failure_rate_does_not_trip_without_a_failure() {
    assert_eq!(trip(&failing(f64::from_bits(1)), &counts(20, 0, 20, 20)), None);
    assert_eq!(trip(&failing(f64::from_bits(1)), &counts(u64::from(u32::MAX), 1, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_waits_for_min_calls() {
    assert_eq!(trip(&failing(0.5), &counts(3, 3, 0, 0)), None);
    assert_eq!(trip(&failing(0.5), &counts(4, 4, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn an_empty_window_trips_no_rate() {
    let rules = Rules { min_calls: 0, slow_rate: Some((0.5, Nanos(10))), ..failing(0.5) };
    assert_eq!(trip(&rules, &Counts::NONE), None);
}

#[test]
fn a_slow_rate_trips_at_its_threshold() {
    assert_eq!(trip(&slow(0.5), &counts(20, 0, 10, 0)), Some(Reason::SlowRate));
}

#[test]
fn a_slow_rate_does_not_trip_one_slow_call_below_its_threshold() {
    assert_eq!(trip(&slow(0.5), &counts(20, 20, 9, 20)), None);
}

#[test]
fn a_slow_rate_waits_for_min_calls() {
    assert_eq!(trip(&slow(0.5), &counts(3, 0, 3, 0)), None);
    assert_eq!(trip(&slow(0.5), &counts(4, 0, 4, 0)), Some(Reason::SlowRate));
}

#[test]
fn consecutive_failures_trip_at_the_threshold_without_min_calls() {
    assert_eq!(trip(&consecutive(3), &counts(0, 0, 0, 2)), None);
    assert_eq!(trip(&consecutive(3), &counts(0, 0, 0, 3)), Some(Reason::Consecutive));
    assert_eq!(trip(&consecutive(3), &counts(0, 0, 0, 4)), Some(Reason::Consecutive));
}

#[test]
fn a_rule_that_is_off_never_trips() {
    assert_eq!(trip(&OFF, &counts(100, 100, 100, 100)), None);
}

#[test]
fn any_rule_that_is_on_trips_by_itself() {
    let all = Rules { slow_rate: Some((0.5, Nanos(10))), consecutive: Some(3), ..failing(0.5) };
    assert_eq!(trip(&all, &counts(20, 9, 9, 2)), None);
    assert_eq!(trip(&all, &counts(20, 10, 9, 2)), Some(Reason::FailureRate));
    assert_eq!(trip(&all, &counts(20, 9, 10, 2)), Some(Reason::SlowRate));
    assert_eq!(trip(&all, &counts(20, 9, 9, 3)), Some(Reason::Consecutive));
}

#[test]
fn a_failure_rate_divides_by_what_is_not_throttled() {
    let counts = |throttled, failures| Counts { throttled, ..counts(10 + throttled, failures, 0, 0) };
    assert_eq!(trip(&failing(0.5), &counts(90, 4)), None);
    assert_eq!(trip(&failing(0.5), &counts(90, 5)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_waits_for_min_calls_that_are_not_throttled() {
    let counts = |failures| Counts { throttled: 19, ..counts(19 + failures, failures, 0, 0) };
    assert_eq!(
        [1, 3, 4].map(|failures| trip(&failing(0.5), &counts(failures))),
        [None, None, Some(Reason::FailureRate)]
    );
}

#[test]
fn a_throttled_rate_divides_by_all_results() {
    let counts = |throttled| Counts { throttled, ..counts(10, 1, 0, 0) };
    assert_eq!(trip(&throttling(0.9), &counts(8)), None);
    assert_eq!(trip(&throttling(0.9), &counts(9)), Some(Reason::ThrottledRate));
}

#[test]
fn a_throttled_rate_waits_for_min_calls() {
    let counts = |throttled| Counts { throttled, ..counts(throttled, 0, 0, 0) };
    assert_eq!([3, 4].map(|throttled| trip(&throttling(0.9), &counts(throttled))), [None, Some(Reason::ThrottledRate)]);
}

#[test]
fn of_rules_reached_together_the_first_is_the_reason() {
    let all =
        Rules { throttled_rate: Some(0.5), slow_rate: Some((0.5, Nanos(10))), consecutive: Some(3), ..failing(0.5) };
    let counts = Counts { throttled: 10, ..counts(20, 5, 10, 3) };
    let without = [all, Rules { failure_rate: None, ..all }, Rules { failure_rate: None, throttled_rate: None, ..all }];
    let reasons = without.map(|rules| trip(&rules, &counts));
    assert_eq!(reasons, [Reason::FailureRate, Reason::ThrottledRate, Reason::SlowRate].map(Some));
    let heeded = without.map(|rules| rules.trip(&counts, 0).is_some_and(|trip| trip.is_throttled));
    assert_eq!(heeded, [true, true, false]);
}
