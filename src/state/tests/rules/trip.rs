//! Claims about which counts open a closed circuit.

use super::{consecutive, counts, failing, slow};
use crate::state::circuit::{Reason, Rules};
use crate::state::counts::Counts;
use crate::state::tests::OFF;
use crate::time::Nanos;

#[test]
fn a_failure_rate_trips_at_its_threshold() {
    assert_eq!(failing(0.5).trip(&counts(20, 10, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_does_not_trip_one_failure_below_its_threshold() {
    assert_eq!(failing(0.5).trip(&counts(20, 9, 20, 20)), None);
}

#[test]
fn a_failure_rate_trips_above_its_threshold() {
    assert_eq!(failing(0.5).trip(&counts(20, 20, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn three_failures_of_ten_reach_three_tenths() {
    assert_eq!(failing(0.3).trip(&counts(10, 3, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_of_one_trips_only_when_all_failed() {
    assert_eq!(failing(1.0).trip(&counts(1_000_000, 999_999, 0, 0)), None);
    assert_eq!(failing(1.0).trip(&counts(1_000_000, 1_000_000, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn the_least_failure_rate_does_not_trip_without_a_failure() {
    assert_eq!(failing(f64::from_bits(1)).trip(&counts(20, 0, 20, 20)), None);
    assert_eq!(failing(f64::from_bits(1)).trip(&counts(u64::from(u32::MAX), 1, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn a_failure_rate_waits_for_min_calls() {
    assert_eq!(failing(0.5).trip(&counts(3, 3, 0, 0)), None);
    assert_eq!(failing(0.5).trip(&counts(4, 4, 0, 0)), Some(Reason::FailureRate));
}

#[test]
fn an_empty_window_trips_no_rate() {
    let rules = Rules { min_calls: 0, slow_rate: Some((0.5, Nanos(10))), ..failing(0.5) };
    assert_eq!(rules.trip(&Counts::NONE), None);
}

#[test]
fn a_slow_rate_trips_at_its_threshold() {
    assert_eq!(slow(0.5).trip(&counts(20, 0, 10, 0)), Some(Reason::SlowRate));
}

#[test]
fn a_slow_rate_does_not_trip_one_slow_call_below_its_threshold() {
    assert_eq!(slow(0.5).trip(&counts(20, 20, 9, 20)), None);
}

#[test]
fn a_slow_rate_waits_for_min_calls() {
    assert_eq!(slow(0.5).trip(&counts(3, 0, 3, 0)), None);
    assert_eq!(slow(0.5).trip(&counts(4, 0, 4, 0)), Some(Reason::SlowRate));
}

#[test]
fn consecutive_failures_trip_at_the_threshold_without_min_calls() {
    assert_eq!(consecutive(3).trip(&counts(0, 0, 0, 2)), None);
    assert_eq!(consecutive(3).trip(&counts(0, 0, 0, 3)), Some(Reason::Consecutive));
    assert_eq!(consecutive(3).trip(&counts(0, 0, 0, 4)), Some(Reason::Consecutive));
}

#[test]
fn a_rule_that_is_off_never_trips() {
    assert_eq!(OFF.trip(&counts(100, 100, 100, 100)), None);
}

#[test]
fn any_rule_that_is_on_trips_by_itself() {
    let all = Rules { slow_rate: Some((0.5, Nanos(10))), consecutive: Some(3), ..failing(0.5) };
    assert_eq!(all.trip(&counts(20, 9, 9, 2)), None);
    assert_eq!(all.trip(&counts(20, 10, 9, 2)), Some(Reason::FailureRate));
    assert_eq!(all.trip(&counts(20, 9, 10, 2)), Some(Reason::SlowRate));
    assert_eq!(all.trip(&counts(20, 9, 9, 3)), Some(Reason::Consecutive));
}
