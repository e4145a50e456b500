//! Claims about what probes decide, and how soon.

use proptest::option;
use proptest::prelude::*;

use super::{consecutive, counts, failing, slow};
use crate::state::circuit::{Reason, Rules};
use crate::state::counts::{Counts, Recorded};
use crate::state::tests::{FAILURE, OFF, SLOW, SLOW_FAILURE, SUCCESS, THROTTLED, reaches};
use crate::time::Nanos;

/// What these probes decide, as it prints.
fn judge(rules: &Rules, probes: &[Recorded]) -> String {
    let counts = probes.iter().fold(Counts::NONE, |counts, call| counts.and(*call));
    format!("{:?}", rules.judge(&counts))
}

#[test]
fn probes_open_as_soon_as_failures_reach_their_share() {
    assert_eq!(judge(&failing(0.5), &[FAILURE, FAILURE]), "Undecided");
    assert_eq!(judge(&failing(0.5), &[FAILURE, FAILURE, FAILURE]), "Failed(FailureRate)");
}

#[test]
fn probes_close_as_soon_as_failures_cannot_reach_their_share() {
    assert_eq!(judge(&failing(0.5), &[SUCCESS, SUCCESS]), "Undecided");
    assert_eq!(judge(&failing(0.5), &[SUCCESS, SUCCESS, SUCCESS]), "Passed");
    assert_eq!(judge(&failing(0.5), &[SUCCESS, FAILURE, SUCCESS, FAILURE]), "Undecided");
}

#[test]
fn probes_open_as_soon_as_slow_calls_reach_their_share() {
    assert_eq!(judge(&slow(0.5), &[SLOW, SLOW_FAILURE]), "Undecided");
    assert_eq!(judge(&slow(0.5), &[SLOW, SLOW_FAILURE, SLOW]), "Failed(SlowRate)");
}

#[test]
fn probes_close_as_soon_as_slow_calls_cannot_reach_their_share() {
    assert_eq!(judge(&slow(0.5), &[FAILURE, FAILURE]), "Undecided");
    assert_eq!(judge(&slow(0.5), &[FAILURE, FAILURE, FAILURE]), "Passed");
}

#[test]
fn by_consecutive_failures_the_first_failed_probe_opens() {
    assert_eq!(judge(&consecutive(5), &[SUCCESS, SUCCESS, FAILURE]), "Failed(Consecutive)");
}

#[test]
fn by_consecutive_failures_only_the_last_success_closes() {
    assert_eq!(judge(&consecutive(5), &[SUCCESS; 4]), "Undecided");
    assert_eq!(judge(&consecutive(5), &[SUCCESS; 5]), "Passed");
}

#[test]
fn a_throttled_probe_is_a_failure_under_every_rule() {
    assert_eq!(judge(&consecutive(5), &[THROTTLED]), "Failed(Consecutive)");
    assert_eq!(judge(&failing(0.2), &[THROTTLED]), "Failed(FailureRate)");
}

#[test]
fn one_rule_that_may_still_fail_keeps_probes_undecided() {
    let rules = Rules { slow_rate: Some((0.2, Nanos(10))), ..failing(1.0) };
    assert_eq!(judge(&rules, &[SUCCESS; 4]), "Undecided");
    let rules = Rules { slow_rate: Some((1.0, Nanos(10))), ..failing(0.2) };
    assert_eq!(judge(&rules, &[SUCCESS; 4]), "Undecided");
}

#[test]
fn probes_do_not_wait_for_min_calls() {
    let rules = Rules { min_calls: 1_000, probes: 1, ..failing(0.5) };
    assert_eq!(judge(&rules, &[FAILURE]), "Failed(FailureRate)");
    assert_eq!(judge(&rules, &[SUCCESS]), "Passed");
}

#[test]
fn at_the_least_rate_one_failure_of_the_most_probes_opens() {
    let rules = Rules { probes: 1023, ..failing(f64::MIN_POSITIVE) };
    assert_eq!(judge(&rules, &vec![SUCCESS; 1022]), "Undecided");
    assert_eq!(judge(&rules, &vec![SUCCESS; 1023]), "Passed");
    assert_eq!(judge(&rules, &[FAILURE]), "Failed(FailureRate)");
}

#[test]
fn at_a_rate_of_one_one_success_of_the_most_probes_closes() {
    let rules = Rules { probes: 1023, ..failing(1.0) };
    assert_eq!(judge(&rules, &vec![FAILURE; 1022]), "Undecided");
    assert_eq!(judge(&rules, &vec![FAILURE; 1023]), "Failed(FailureRate)");
    assert_eq!(judge(&rules, &[SUCCESS]), "Passed");
}

#[test]
fn a_success_and_no_throttled_call_ends_a_run_of_failed_probes() {
    let run = |calls: &[Recorded]| calls.iter().fold(Counts::NONE, |counts, call| counts.and(*call));
    assert_eq!(run(&[FAILURE, THROTTLED, SLOW_FAILURE]), counts(3, 3, 1, 3));
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
        slows in option::of(rates()),
        first in option::of(1..=u32::MAX),
        at in prop::array::uniform3(any::<prop::sample::Index>()),
    ) {
        let slow_rate = slows.map(|rate| (rate, Nanos(10)));
        let rules = Rules { failure_rate: fails, slow_rate, consecutive: first, probes, ..OFF };
        let probes = u64::from(probes);
        let calls = at[0].index(usize::try_from(probes)? + 1) as u64;
        let failures = at[1].index(usize::try_from(calls)? + 1) as u64;
        let slow = at[2].index(usize::try_from(calls)? + 1) as u64;
        let reached = |more: u64| {
            let mut reasons = Vec::new();
            reasons.extend((first.is_some() && failures + more > 0).then_some(Reason::Consecutive));
            reasons.extend(fails.filter(|rate| reaches(failures + more, probes, *rate)).map(|_| Reason::FailureRate));
            reasons.extend(slows.filter(|rate| reaches(slow + more, probes, *rate)).map(|_| Reason::SlowRate));
            reasons
        };
        let judged = format!("{:?}", rules.judge(&counts(calls, failures, slow, 0)));
        let failed: Vec<_> = reached(0).iter().map(|reason| format!("Failed({reason:?})")).collect();
        if !failed.is_empty() {
            prop_assert!(failed.contains(&judged), "{judged} of {failed:?}");
        } else if reached(probes - calls).is_empty() {
            prop_assert_eq!(judged, "Passed");
        } else {
            prop_assert_eq!(judged, "Undecided");
        }
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
