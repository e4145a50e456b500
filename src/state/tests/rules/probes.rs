//! Claims about what probes decide, and how soon.

use proptest::option;
use proptest::prelude::*;

use super::{consecutive, counts, failing, slow, throttling};
use crate::state::circuit::rules::Trial;
use crate::state::circuit::{Reason, Rules};
use crate::state::counts::{Counts, Recorded};
use crate::state::tests::{FAILURE, OFF, SLOW, SLOW_FAILURE, SUCCESS, THROTTLED, reaches};
use crate::time::Nanos;

/// What these probes decide: nothing yet, or why they open, or that they close.
fn judge(rules: &Rules, probes: &[Recorded]) -> Option<Reason> {
    decided(rules, &probes.iter().fold(Counts::NONE, |counts, call| counts.and(*call)))
}

fn decided(rules: &Rules, counts: &Counts) -> Option<Reason> {
    match rules.judge(counts) {
        Trial::Undecided => None,
        Trial::Passed => Some(Reason::Recovered),
        Trial::Failed(trip) => Some(trip.reason),
    }
}

#[test]
fn probes_open_as_soon_as_failures_reach_their_share() {
    assert_eq!(judge(&failing(0.5), &[FAILURE, FAILURE]), None);
    assert_eq!(judge(&failing(0.5), &[FAILURE, FAILURE, FAILURE]), Some(Reason::FailureRate));
}

#[test]
fn probes_close_as_soon_as_failures_cannot_reach_their_share() {
    assert_eq!(judge(&failing(0.5), &[SUCCESS, SUCCESS]), None);
    assert_eq!(judge(&failing(0.5), &[SUCCESS, SUCCESS, SUCCESS]), Some(Reason::Recovered));
    assert_eq!(judge(&failing(0.5), &[SUCCESS, FAILURE, SUCCESS, FAILURE]), None);
}

#[test]
fn probes_open_as_soon_as_slow_calls_reach_their_share() {
    assert_eq!(judge(&slow(0.5), &[SLOW, SLOW_FAILURE]), None);
    assert_eq!(judge(&slow(0.5), &[SLOW, SLOW_FAILURE, SLOW]), Some(Reason::SlowRate));
}

#[test]
fn probes_close_as_soon_as_slow_calls_cannot_reach_their_share() {
    assert_eq!(judge(&slow(0.5), &[FAILURE, FAILURE]), None);
    assert_eq!(judge(&slow(0.5), &[FAILURE, FAILURE, FAILURE]), Some(Reason::Recovered));
}

#[test]
fn by_consecutive_failures_the_first_failed_probe_opens() {
    assert_eq!(judge(&consecutive(5), &[SUCCESS, SUCCESS, FAILURE]), Some(Reason::Consecutive));
}

#[test]
fn by_consecutive_failures_only_the_last_success_closes() {
    assert_eq!(judge(&consecutive(5), &[SUCCESS; 4]), None);
    assert_eq!(judge(&consecutive(5), &[SUCCESS; 5]), Some(Reason::Recovered));
}

#[test]
fn a_throttled_probe_is_counted_and_is_no_failure() {
    assert_eq!(judge(&consecutive(5), &[THROTTLED; 5]), Some(Reason::Recovered));
    assert_eq!(judge(&failing(0.2), &[THROTTLED; 5]), Some(Reason::Recovered));
    let both = Rules { throttled_rate: Some(0.9), ..failing(0.5) };
    assert_eq!(judge(&both, &[THROTTLED; 5]), Some(Reason::ThrottledRate));
    assert_eq!(judge(&both, &[THROTTLED, THROTTLED, SUCCESS]), Some(Reason::Recovered));
}

#[test]
fn beside_a_failure_rate_the_first_failed_probe_decides_nothing() {
    let rules = Rules { consecutive: Some(1), ..failing(0.5) };
    assert_eq!(judge(&rules, &[FAILURE, FAILURE]), None);
    assert_eq!(judge(&Rules { consecutive: Some(1), ..throttling(0.9) }, &[FAILURE]), Some(Reason::Consecutive));
}

#[test]
fn more_results_than_probes_still_decide() {
    assert_eq!(judge(&failing(0.5), &[SUCCESS; 9]), Some(Reason::Recovered));
    assert_eq!(judge(&failing(0.5), &[FAILURE; 9]), Some(Reason::FailureRate));
}

#[test]
fn one_rule_that_may_still_fail_keeps_probes_undecided() {
    let rules = Rules { slow_rate: Some((0.2, Nanos(10))), ..failing(1.0) };
    assert_eq!(judge(&rules, &[SUCCESS; 4]), None);
    let rules = Rules { slow_rate: Some((1.0, Nanos(10))), ..failing(0.2) };
    assert_eq!(judge(&rules, &[SUCCESS; 4]), None);
}

#[test]
fn probes_do_not_wait_for_min_calls() {
    let rules = Rules { min_calls: 1_000, probes: 1, ..failing(0.5) };
    assert_eq!(judge(&rules, &[FAILURE]), Some(Reason::FailureRate));
    assert_eq!(judge(&rules, &[SUCCESS]), Some(Reason::Recovered));
}

#[test]
fn at_the_least_rate_one_failure_of_the_most_probes_opens() {
    let rules = Rules { probes: 1023, ..failing(f64::MIN_POSITIVE) };
    assert_eq!(judge(&rules, &vec![SUCCESS; 1022]), None);
    assert_eq!(judge(&rules, &vec![SUCCESS; 1023]), Some(Reason::Recovered));
    assert_eq!(judge(&rules, &[FAILURE]), Some(Reason::FailureRate));
}

#[test]
fn at_a_rate_of_one_one_success_of_the_most_probes_closes() {
    let rules = Rules { probes: 1023, ..failing(1.0) };
    assert_eq!(judge(&rules, &vec![FAILURE; 1022]), None);
    assert_eq!(judge(&rules, &vec![FAILURE; 1023]), Some(Reason::FailureRate));
    assert_eq!(judge(&rules, &[SUCCESS]), Some(Reason::Recovered));
}

#[test]
fn a_success_and_no_throttled_call_ends_a_run_of_failed_probes() {
    let run = |calls: &[Recorded]| calls.iter().fold(Counts::NONE, |counts, call| counts.and(*call));
    assert_eq!(run(&[FAILURE, THROTTLED, SLOW_FAILURE]), Counts { throttled: 1, ..counts(3, 2, 1, 2) });
    assert_eq!(run(&[FAILURE, FAILURE, SLOW, FAILURE]), counts(4, 3, 1, 1));
}

/// Legal rates, many of them at a quotient of small numbers or next to one.
fn rates() -> impl Strategy<Value = f64> {
    let quotient = (1..=1023_u32, 1..=1023_u32).prop_map(|(a, b)| f64::from(a.min(b)) / f64::from(a.max(b)));
    let near =
        (quotient.clone(), -1..=1_i64).prop_map(|(rate, ulp)| f64::from_bits(rate.to_bits().wrapping_add_signed(ulp)));
    prop_oneof![quotient, near, 0.0..=1.0].prop_map(|rate: f64| rate.clamp(f64::MIN_POSITIVE, 1.0))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn probes_decide_as_soon_as_no_other_end_is_possible(
        probes in 1..=1023_u32,
        fails in option::of(rates()),
        throttles in option::of(rates()),
        slows in option::of(rates()),
        first in option::of(1..=u32::MAX),
        at in prop::array::uniform4(any::<prop::sample::Index>()),
    ) {
        let slow_rate = slows.map(|rate| (rate, Nanos(10)));
        let rules =
            Rules { failure_rate: fails, throttled_rate: throttles, slow_rate, consecutive: first, probes, ..OFF };
        let probes = u64::from(probes);
        let calls = at[0].index(usize::try_from(probes)? + 1) as u64;
        let failures = at[1].index(usize::try_from(calls)? + 1) as u64;
        let throttled = at[2].index(usize::try_from(calls - failures)? + 1) as u64;
        let slow = at[3].index(usize::try_from(calls)? + 1) as u64;
        let reached = |more: u64| {
            let mut reasons = Vec::new();
            let reaches = |count, rate: &f64| reaches(count + more, probes, *rate);
            reasons.extend(fails.filter(|rate| reaches(failures, rate)).map(|_| Reason::FailureRate));
            reasons.extend(throttles.filter(|rate| reaches(throttled, rate)).map(|_| Reason::ThrottledRate));
            reasons.extend(slows.filter(|rate| reaches(slow, rate)).map(|_| Reason::SlowRate));
            let first = first.is_some() && fails.is_none() && failures + more > 0;
            reasons.extend(first.then_some(Reason::Consecutive));
            reasons
        };
        let counts = Counts { throttled, ..counts(calls, failures, slow, 0) };
        let passed = reached(probes - calls).is_empty().then_some(Reason::Recovered);
        prop_assert_eq!(decided(&rules, &counts), reached(0).first().copied().or(passed));
    }

    #[test]
    fn the_least_share_of_probes_that_reaches_a_rate_opens(probes in 1..=1023_u32, rate in rates()) {
        let rules = Rules { probes, ..failing(rate) };
        let calls = u64::from(probes);
        let least = (1..=calls).find(|count| reaches(*count, calls, rate)).expect("all of them reach any rate");
        let opens = |failures| rules.judge(&counts(calls, failures, 0, 0)) == rules.judge(&counts(calls, calls, 0, 0));
        prop_assert!(opens(least) && !opens(least - 1));
    }
}
