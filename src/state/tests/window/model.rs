//! Claims against a list of all results.

use proptest::prelude::*;

use super::{Remembered, lead};
use crate::state::counts::Recorded;
use crate::state::tests::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, THROTTLED, count, numbers};

/// A result, or a look; and whether a generation ends before it.
#[derive(Clone, Debug)]
struct Step {
    wait: u64,
    ends: bool,
    late: bool,
    call: Recorded,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![8 => Just(0), 4 => 1..=11_u64, 1 => 25..=45_u64, 1 => Just(1_000), 1 => Just(3_600_000_000_000_u64), 1 => Just(u64::MAX)];
    let call = prop_oneof![
        4 => Just(SUCCESS), 1 => Just(FAILURE), 1 => Just(THROTTLED), 1 => Just(SLOW), 1 => Just(SLOW_FAILURE)
    ];
    let rarely = |weight| prop::bool::weighted(weight);
    let step = (wait, rarely(0.02), rarely(0.1), call);
    prop::collection::vec(step.prop_map(|(wait, ends, late, call)| Step { wait, ends, late, call }), 1..300)
}

/// Compares a window with the list of all results. `held` picks the results that the window should hold.
fn compare(
    window: &Remembered,
    [first, start]: [u64; 2],
    min_calls: u64,
    steps: &[Step],
    held: impl Fn(&[(u64, Recorded)], u64) -> Vec<Recorded>,
) -> Result<(), TestCaseError> {
    let (mut at, mut generation, mut all) = (start, first, Vec::new());
    lead(window, first);
    for step in steps {
        at = at.saturating_add(step.wait);
        if step.ends {
            generation += 1;
            all.clear();
        }
        if step.late && generation > first {
            window.record_of(generation - 1, at, step.call);
        }
        let before = count(&held(&all, at));
        all.push((at, step.call));
        let now = count(&held(&all, at));
        let completes = |of: fn([u64; 4]) -> u64| of(before) < min_calls && of(now) >= min_calls;
        let completes = completes(|[calls, ..]| calls) || completes(|[calls, _, throttled, _]| calls - throttled);
        let decides = step.call.is_bad() || completes;
        let told = window.record_of(generation, at, step.call).map(numbers);
        prop_assert_eq!(told, decides.then_some(now));
        prop_assert_eq!(window.counts_of(generation, at), now);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_count_window_is_the_list_of_the_last_results(
        (len, min_calls) in prop_oneof![1..=9_u32, 60..=70_u32, Just(128)].prop_flat_map(|len| (Just(len), 1..=len)),
        first in prop_oneof![Just(0_u64), Just((1 << 28) - 2)],
        steps in steps(),
    ) {
        let window = Remembered::last(len, u64::from(min_calls));
        compare(&window, [first, 0], min_calls.into(), &steps, |all, _| {
            all.iter().rev().take(len as usize).map(|(_, call)| *call).collect()
        })?;
    }

    #[test]
    fn a_time_window_is_the_list_of_the_results_in_its_buckets(
        buckets in 1..=12_u32,
        min_calls in 1..=30_u64,
        first in prop_oneof![Just(0_u64), Just((1 << 28) - 2)],
        start in prop_oneof![Just(0_u64), Just((1 << 28) * 10 - 50)],
        steps in steps(),
    ) {
        let window = Remembered::time(10, buckets, min_calls);
        compare(&window, [first, start], min_calls, &steps, |all, now| {
            let held = all.iter().filter(|(at, _)| at / 10 + u64::from(buckets) > now / 10);
            held.map(|(_, call)| *call).collect()
        })?;
    }
}
