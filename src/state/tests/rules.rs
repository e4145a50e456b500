//! Claims about when a circuit opens, and what probes decide.

use std::time::Duration;

use proptest::{option, prelude::*};

use crate::{
    Backoff,
    state::{
        circuit::{Phase, Reason, Rules},
        counts::{Counts, Recorded, Verdict},
    },
    time::Nanos,
};

/// Rules of which none is on.
pub(super) const OFF: Rules = Rules {
    failure_rate: None,
    slow_rate: None,
    consecutive: None,
    min_calls: 4,
    probes: 5,
    half_open_for: Nanos(50),
    open_for: Backoff::constant(Duration::from_nanos(100)),
};

pub(super) const SUCCESS: Recorded = Recorded { verdict: Verdict::Success, slow: false };
pub(super) const FAILURE: Recorded = Recorded { verdict: Verdict::Failure, slow: false };
pub(super) const THROTTLED: Recorded = Recorded { verdict: Verdict::Throttled, slow: false };
pub(super) const SLOW: Recorded = Recorded { verdict: Verdict::Success, slow: true };
pub(super) const SLOW_FAILURE: Recorded = Recorded { verdict: Verdict::Failure, slow: true };

fn counts(calls: u64, failures: u64, slow: u64, consecutive: u32) -> Counts {
    Counts { calls, failures, slow, consecutive }
}

fn failing(rate: f64) -> Rules {
    Rules { failure_rate: Some(rate), ..OFF }
}

fn slow(rate: f64) -> Rules {
    Rules { slow_rate: Some((rate, Nanos(10))), ..OFF }
}

fn consecutive(failures: u32) -> Rules {
    Rules { consecutive: Some(failures), ..OFF }
}

/// What these probes decide, as it prints.
fn judge(rules: &Rules, probes: &[Recorded]) -> String {
    let counts = probes.iter().fold(Counts::NONE, |counts, call| counts.and(*call));
    format!("{:?}", rules.judge(&counts))
}

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
fn consecutive_failures_trip_at_their_threshold_without_min_calls() {
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
fn the_first_failed_probe_opens_under_the_rule_of_consecutive_failures() {
    assert_eq!(judge(&consecutive(5), &[SUCCESS, SUCCESS, FAILURE]), "Failed(Consecutive)");
}

#[test]
fn under_the_rule_of_consecutive_failures_only_the_last_success_closes() {
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
    assert_eq!(judge(&rules, &[SUCCESS; 1022]), "Undecided");
    assert_eq!(judge(&rules, &[SUCCESS; 1023]), "Passed");
    assert_eq!(judge(&rules, &[FAILURE]), "Failed(FailureRate)");
}

#[test]
fn at_a_rate_of_one_one_success_of_the_most_probes_closes() {
    let rules = Rules { probes: 1023, ..failing(1.0) };
    assert_eq!(judge(&rules, &[FAILURE; 1022]), "Undecided");
    assert_eq!(judge(&rules, &[FAILURE; 1023]), "Failed(FailureRate)");
    assert_eq!(judge(&rules, &[SUCCESS]), "Passed");
}

#[test]
fn a_success_ends_the_run_of_failed_probes_and_a_throttled_answer_does_not() {
    let run = |calls: &[Recorded]| calls.iter().fold(Counts::NONE, |counts, call| counts.and(*call));
    assert_eq!(run(&[FAILURE, THROTTLED, SLOW_FAILURE]), counts(3, 3, 1, 3));
    assert_eq!(run(&[FAILURE, FAILURE, SLOW, FAILURE]), counts(4, 3, 1, 1));
}

#[test]
fn only_the_transitions_of_the_diagram_exist() {
    use Reason::{Consecutive, FailureRate, Hung, OpenTimeOver, Recovered, SlowRate};
    for phase in Phase::ALL {
        for reason in [FailureRate, SlowRate, Consecutive, OpenTimeOver, Recovered, Hung] {
            let after = match (phase, reason) {
                (Phase::Closed | Phase::HalfOpen, FailureRate | SlowRate | Consecutive) => Phase::Open,
                (Phase::HalfOpen, Hung) => Phase::Open,
                (Phase::HalfOpen, Recovered) => Phase::Closed,
                (Phase::Open, OpenTimeOver) => Phase::HalfOpen,
                _ => phase,
            };
            assert_eq!(phase.after(reason), after, "{phase:?} after {reason:?}");
        }
    }
}

/// Legal rates, many of them at a quotient of small numbers or next to one.
fn rates() -> impl Strategy<Value = f64> {
    let quotient = (1..=1023_u32, 1..=1023_u32).prop_map(|(a, b)| f64::from(a.min(b)) / f64::from(a.max(b)));
    let near =
        (quotient.clone(), -1..=1_i64).prop_map(|(rate, ulp)| f64::from_bits(rate.to_bits().wrapping_add_signed(ulp)));
    prop_oneof![quotient, near, 0.0..=1.0].prop_map(|rate: f64| rate.clamp(f64::MIN_POSITIVE, 1.0))
}

#[expect(clippy::cast_precision_loss, reason = "the counts are small")]
fn reaches(count: u64, calls: u64, rate: f64) -> bool {
    count as f64 / calls as f64 >= rate
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
