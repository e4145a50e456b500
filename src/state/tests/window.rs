//! Claims about what a circuit remembers.

use std::{
    hint,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use proptest::prelude::*;

use super::rules::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, THROTTLED};
use crate::{
    state::{
        counts::{Counts, Recorded},
        stripes::Stripes,
        window::{CountWindow, FIRST_WORD, TimeWindow, Window},
    },
    sync::Ordering::Relaxed,
    time::Nanos,
};

/// A window with the counters that it needs.
struct Remembered {
    window: Window,
    stripes: Stripes,
}

impl Remembered {
    fn new(window: Window) -> Self {
        Self { stripes: Stripes::new(FIRST_WORD + window.words()), window }
    }

    fn last(calls: u32, min_calls: u64) -> Self {
        Self::new(Window::Count(CountWindow::new(calls, min_calls)))
    }

    fn time(width: u64, buckets: u32, min_calls: u64) -> Self {
        Self::new(Window::Time(TimeWindow::new(Nanos(width * u64::from(buckets)), buckets, min_calls)))
    }

    fn record_of(&self, generation: u32, at: u64, call: Recorded) -> Option<Counts> {
        self.window.record(&self.stripes, generation, Nanos(at), call)
    }

    fn record(&self, at: u64, call: Recorded) -> Option<Counts> {
        self.record_of(0, at, call)
    }

    fn fill(&self, at: u64, calls: usize, call: Recorded) {
        (0..calls).for_each(|_| _ = self.record(at, call));
    }

    fn counts_of(&self, generation: u32, at: u64) -> [u64; 3] {
        numbers(self.window.counts(&self.stripes, generation, Nanos(at)))
    }

    fn counts(&self, at: u64) -> [u64; 3] {
        self.counts_of(0, at)
    }
}

fn numbers(counts: Counts) -> [u64; 3] {
    [counts.calls, counts.failures, counts.slow]
}

fn count(calls: &[Recorded]) -> [u64; 3] {
    let those = |wanted: fn(&Recorded) -> bool| calls.iter().filter(|call| wanted(call)).count() as u64;
    [calls.len() as u64, those(|call| call.verdict.is_failure()), those(|call| call.slow)]
}

#[test]
fn a_result_is_held_until_its_bucket_is_ten_buckets_old() {
    let window = Remembered::time(10, 10, 1);
    window.record(0, FAILURE);
    assert_eq!([0, 9, 10, 99, 100].map(|at| window.counts(at)[0]), [1, 1, 1, 1, 0]);
}

#[test]
fn a_bucket_ends_one_nanosecond_before_the_next_begins() {
    let window = Remembered::time(10, 10, 1);
    window.record(9, FAILURE);
    window.record(10, SUCCESS);
    assert_eq!(window.counts(99), [2, 1, 0]);
    assert_eq!(window.counts(100), [1, 0, 0]);
    assert_eq!(window.counts(109), [1, 0, 0]);
    assert_eq!(window.counts(110), [0, 0, 0]);
}

#[test]
fn old_results_expire_on_write_as_well() {
    let window = Remembered::time(10, 10, 1);
    window.record(5, FAILURE);
    window.record(15, SLOW);
    assert_eq!(window.record(105, FAILURE).map(numbers), Some([2, 1, 1]));
}

#[test]
fn thirty_seconds_in_ten_buckets_forget_by_three_seconds() {
    let second = 1_000_000_000;
    let window = Remembered::time(3 * second, 10, 1);
    window.record(3 * second - 1, FAILURE);
    assert_eq!(window.counts(30 * second - 1), [1, 1, 0]);
    assert_eq!(window.counts(30 * second), [0, 0, 0]);
}

#[test]
fn a_window_of_one_bucket_forgets_all_at_once() {
    let window = Remembered::time(10, 1, 1);
    window.record(7, FAILURE);
    window.record(9, FAILURE);
    assert_eq!([9, 10].map(|at| window.counts(at)[0]), [2, 0]);
}

#[test]
fn a_span_is_divided_into_equal_buckets() {
    let window = Remembered::new(Window::Time(TimeWindow::new(Nanos(30), 3, 1)));
    window.record(9, FAILURE);
    assert_eq!([29, 30].map(|at| window.counts(at)[0]), [1, 0]);
}

#[test]
fn each_kind_of_result_is_counted_for_what_it_is() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
        let mut all = Vec::new();
        for call in [SUCCESS, FAILURE, THROTTLED, SLOW, SLOW_FAILURE, SUCCESS] {
            window.record(0, call);
            all.push(call);
            assert_eq!(window.counts(0), count(&all), "{:?}", window.window);
        }
    }
}

#[test]
fn each_failure_and_each_slow_call_is_a_moment_of_decision() {
    for window in [Remembered::time(10, 10, 100), Remembered::last(100, 100)] {
        let told = [FAILURE, THROTTLED, SLOW, SLOW_FAILURE].map(|call| window.record(0, call).map(numbers));
        assert_eq!(told, [Some([1, 1, 0]), Some([2, 2, 0]), Some([3, 2, 1]), Some([4, 3, 2])]);
    }
}

#[test]
fn of_successes_only_the_one_that_completes_min_calls_is_a_moment_of_decision() {
    for window in [Remembered::time(10, 10, 3), Remembered::last(10, 3)] {
        let told = [0; 5].map(|at| window.record(at, SUCCESS).map(numbers));
        assert_eq!(told, [None, None, Some([3, 0, 0]), None, None]);
    }
}

#[test]
fn a_min_calls_of_one_makes_the_first_success_a_moment_of_decision() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(1, 1)] {
        assert_eq!([0; 3].map(|at| window.record(at, SUCCESS).is_some()), [true, false, false]);
    }
}

#[test]
fn a_success_after_the_failure_that_completed_min_calls_is_no_moment_of_decision() {
    for window in [Remembered::time(10, 10, 2), Remembered::last(10, 2)] {
        let told = [SUCCESS, FAILURE, SUCCESS].map(|call| window.record(0, call).is_some());
        assert_eq!(told, [false, true, false]);
    }
}

#[test]
fn a_success_that_completes_min_calls_again_after_expiry_decides_again() {
    let window = Remembered::time(10, 10, 2);
    assert_eq!([0, 0, 50].map(|at| window.record(at, SUCCESS).is_some()), [false, true, false]);
    assert_eq!([99, 100].map(|at| window.counts(at)), [[3, 0, 0], [1, 0, 0]]);
    assert_eq!(window.record(100, SUCCESS).map(numbers), Some([2, 0, 0]));
    assert_eq!(window.record(100, SUCCESS), None);
}

#[test]
fn a_success_in_a_new_bucket_of_a_full_window_is_no_moment_of_decision() {
    let window = Remembered::time(10, 10, 2);
    window.fill(5, 3, SUCCESS);
    assert_eq!([9, 10, 19, 20].map(|at| window.record(at, SUCCESS)), [None; 4]);
}

#[test]
fn successes_that_stay_below_min_calls_through_expiry_never_decide() {
    let window = Remembered::time(10, 2, 3);
    assert!((0..100).all(|step| window.record(step * 10, SUCCESS).is_none()));
}

#[test]
fn without_a_window_only_failures_are_moments_of_decision() {
    let window = Remembered::new(Window::None);
    assert_eq!(window.window.words(), 0);
    let told = [SUCCESS, FAILURE, THROTTLED].map(|call| window.record(0, call).map(numbers));
    assert_eq!(told, [None, Some([0; 3]), Some([0; 3])]);
    assert_eq!(window.counts(0), [0; 3]);
}

#[test]
fn a_new_generation_begins_with_an_empty_window() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
        window.fill(5, 3, SLOW_FAILURE);
        assert_eq!(window.counts_of(1, 5), [0; 3]);
        assert_eq!(window.record_of(1, 5, FAILURE).map(numbers), Some([1, 1, 0]));
    }
}

#[test]
fn a_new_generation_completes_min_calls_anew() {
    for window in [Remembered::time(10, 10, 2), Remembered::last(10, 2)] {
        window.fill(0, 3, SUCCESS);
        assert_eq!([0; 3].map(|at| window.record_of(1, at, SUCCESS).is_some()), [false, true, false]);
    }
}

#[test]
fn results_of_an_earlier_generation_stay_forgotten_while_time_passes() {
    let window = Remembered::time(10, 10, 1);
    (0..20).for_each(|step| _ = window.record(step * 10, FAILURE));
    for at in 190..400 {
        assert_eq!(window.counts_of(1, at), [0; 3], "{at}");
    }
}

#[test]
fn a_straggler_of_an_earlier_generation_is_not_counted() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
        window.record_of(1, 5, SUCCESS);
        for call in [SUCCESS, FAILURE, SLOW_FAILURE] {
            window.record(5, call);
        }
        assert_eq!(window.counts_of(1, 5), [1, 0, 0]);
        window.record_of(1, 5, FAILURE);
        assert!(window.record(5, SLOW_FAILURE).is_none_or(|counts| counts.calls == 0), "it saw the new window");
        assert_eq!(window.counts_of(1, 5), [2, 1, 0]);
        assert_eq!(window.record_of(1, 5, SLOW).map(numbers), Some([3, 1, 1]));
    }
}

#[test]
fn a_straggler_of_an_earlier_generation_completes_no_min_calls() {
    for window in [Remembered::time(10, 10, 2), Remembered::last(10, 2)] {
        window.record_of(1, 5, SUCCESS);
        assert_eq!([0; 3].map(|_| window.record(5, SUCCESS)), [None; 3]);
        assert!(window.record_of(1, 5, SUCCESS).is_some());
    }
}

#[test]
fn a_count_window_holds_the_last_results_however_old() {
    let window = Remembered::last(3, 1);
    window.record(0, FAILURE);
    assert_eq!(window.counts(u64::MAX), [1, 1, 0]);
    window.record(u64::MAX, SUCCESS);
    assert_eq!(window.counts(u64::MAX), [2, 1, 0]);
}

#[test]
fn a_count_window_forgets_a_result_when_as_many_as_it_holds_have_followed() {
    for size in [1, 2, 63, 64, 65, 127, 128, 129, 1000] {
        let window = Remembered::last(size, 1);
        window.record(0, SLOW_FAILURE);
        window.fill(0, size as usize - 1, SUCCESS);
        assert_eq!(window.counts(0), [u64::from(size), 1, 1], "{size}");
        window.record(0, SUCCESS);
        assert_eq!(window.counts(0), [u64::from(size), 0, 0], "{size}");
    }
}

#[test]
fn ten_thousand_successes_do_not_stop_a_count_window_from_sliding() {
    let window = Remembered::last(100, 10);
    window.fill(0, 10_000, SUCCESS);
    let told = (1..=100).map(|_| window.record(0, FAILURE).map(numbers));
    assert!(told.eq((1..=100).map(|failures| Some([100, failures, 0]))));
}

#[test]
fn the_largest_count_window_slides() {
    let window = Remembered::last(CountWindow::MAX_LEN, 1);
    window.fill(0, 3, FAILURE);
    assert_eq!(window.counts(0), [3, 3, 0]);
}

/// Has this thread counted `calls` results of `generation`, all of them good.
fn prime(window: &Remembered, generation: u64, calls: u64) {
    window.stripes.mine().word(FIRST_WORD).store((generation & 0xfff_ffff) << 36 | calls, Relaxed);
}

#[test]
fn a_count_window_slides_through_the_wrap_of_its_counter() {
    let window = Remembered::last(10, 1);
    prime(&window, 0, (1 << 36) - 8);
    let mut all = vec![SUCCESS; 10];
    for call in [FAILURE, SUCCESS, SLOW, SUCCESS, SUCCESS, FAILURE].into_iter().cycle().take(40) {
        window.record(0, call);
        all.push(call);
        assert_eq!(window.counts(0), count(&all[all.len() - 10..]));
    }
}

#[test]
fn a_counter_that_wraps_does_not_complete_min_calls_again() {
    let window = Remembered::last(10, 5);
    prime(&window, 0, (1 << 36) - 3);
    assert_eq!([0; 10].map(|at| window.record(at, SUCCESS)), [None; 10]);
}

/// Brings a window to `generation` in steps, as a circuit does.
fn lead(window: &Remembered, generation: u32) {
    (0..=generation).step_by(1 << 20).for_each(|generation| _ = window.counts_of(generation, 0));
}

#[test]
fn windows_forget_the_earlier_generation_where_generations_and_tags_wrap() {
    for (earlier, later) in [((1 << 29) - 1, 0), ((1 << 28) - 1, 1 << 28), ((1 << 29) - 2, (1 << 29) - 1)] {
        for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
            lead(&window, earlier);
            window.record_of(earlier, 5, FAILURE);
            window.record_of(later, 5, SLOW);
            window.record_of(earlier, 5, FAILURE);
            assert_eq!(window.counts_of(later, 5), [1, 0, 1], "{earlier} to {later}");
        }
    }
}

#[test]
fn a_window_counts_after_any_number_of_generations_without_results() {
    for generation in [1 << 20, (1 << 24) - 1, 1 << 24, 1 << 26, 1 << 27, (1 << 28) - 1, (1 << 29) - 1] {
        for (window, kind) in [(Remembered::time(10, 10, 1), "time"), (Remembered::last(10, 1), "count")] {
            let tags = u64::from(generation) * if kind == "time" { 10 } else { 1 };
            if is_taken_for_later(tags) {
                continue;
            }
            window.record(5, FAILURE);
            window.record_of(generation, 5, SUCCESS);
            assert_eq!(window.counts_of(generation, 5), [1, 0, 0], "{kind}, generation {generation}");
        }
    }
}

#[test]
fn a_time_window_slides_where_tags_wrap() {
    let window = Remembered::time(10, 10, 1);
    let wrap = (1 << 28) * 10;
    for at in [wrap - 11, wrap - 1, wrap, wrap + 10] {
        window.record(at, FAILURE);
    }
    assert_eq!(window.counts(wrap + 10), [4, 4, 0]);
    assert_eq!(window.counts(wrap + 79)[0], 4);
    assert_eq!(window.counts(wrap + 80)[0], 3);
    assert_eq!(window.counts(wrap + 90)[0], 2);
    assert_eq!(window.counts(wrap + 100)[0], 1);
    assert_eq!(window.counts(wrap + 110)[0], 0);
}

#[test]
fn a_time_window_counts_at_the_end_of_time() {
    let window = Remembered::time(1_000_000, 10, 2);
    window.record(0, FAILURE);
    assert_eq!(window.counts(u64::MAX), [0; 3]);
    assert_eq!([u64::MAX; 3].map(|at| window.record(at, SUCCESS).is_some()), [false, true, false]);
    assert_eq!(window.counts(u64::MAX), [3, 0, 0]);
}

/// The one gap that the page of the stripes names.
fn is_taken_for_later(tags: u64) -> bool {
    (tags + (1 << 16)) % (1 << 28) <= 1 << 16
}

#[test]
fn a_time_window_counts_after_any_idle_time() {
    let millisecond = 1_000_000;
    for idle in (5..32)
        .map(|power| 1 << power)
        .flat_map(|buckets: u64| [buckets - 20, buckets, buckets + 20, buckets * 31 / 32])
    {
        if is_taken_for_later(idle) {
            continue;
        }
        let window = Remembered::time(millisecond, 10, 1);
        (0..10).for_each(|bucket| _ = window.record(bucket * millisecond, SUCCESS));
        let told = window.record((10 + idle) * millisecond, FAILURE).map(numbers);
        assert_eq!(told, Some([1, 1, 0]), "after {idle} idle buckets");
    }
}

/// Calls `round` with each number below `rounds` on two threads at the same time.
pub(super) fn together(rounds: usize, round: impl Fn(usize) + Sync) {
    let arrived = AtomicUsize::new(0);
    let run = || {
        for number in 0..rounds {
            arrived.fetch_add(1, SeqCst);
            let mut spins = 0;
            while arrived.load(SeqCst) < 2 * (number + 1) {
                // Spinning lets both go at the same moment; yielding ends the wait for a thread that has no processor.
                spins += 1;
                if spins % 1_000 == 0 { thread::yield_now() } else { hint::spin_loop() }
            }
            round(number);
        }
    };
    thread::scope(|scope| {
        scope.spawn(run);
        run();
    });
}

#[test]
fn two_threads_lose_no_result() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(100_000, 1)] {
        together(2_000, |round| {
            for call in [SUCCESS, FAILURE, SLOW, SLOW_FAILURE, SUCCESS] {
                window.record(round as u64 % 100, call);
            }
        });
        assert_eq!(window.counts(99), [20_000, 8_000, 8_000], "{:?}", window.window.words());
    }
}

#[test]
fn a_full_count_window_is_exact_after_two_threads_failed_together() {
    let window = Remembered::last(100, 1);
    together(200, |_| _ = window.record(0, FAILURE));
    assert_eq!(window.counts(0), [100, 100, 0]);
    together(25, |_| _ = window.record(0, SUCCESS));
    assert_eq!(window.counts(0), [100, 50, 0]);
}

#[test]
fn of_two_successes_that_complete_min_calls_together_one_is_a_moment_of_decision() {
    let make: [fn() -> Remembered; 2] = [|| Remembered::time(10, 10, 2), || Remembered::last(10, 2)];
    for make in make {
        let windows: Vec<_> = (0..2_000).map(|_| make()).collect();
        let told: Vec<_> = windows.iter().map(|_| AtomicUsize::new(0)).collect();
        together(windows.len(), |round| {
            if windows[round].record(0, SUCCESS).is_some_and(|counts| counts.calls == 2) {
                told[round].fetch_add(1, SeqCst);
            }
        });
        assert!(told.iter().all(|told| told.load(SeqCst) > 0));
    }
}

#[test]
fn of_two_failures_that_come_together_one_sees_both() {
    let make: [fn() -> Remembered; 2] = [|| Remembered::time(10, 10, 2), || Remembered::last(10, 2)];
    for make in make {
        let windows: Vec<_> = (0..2_000).map(|_| make()).collect();
        let seen: Vec<_> = windows.iter().map(|_| AtomicUsize::new(0)).collect();
        together(windows.len(), |round| {
            if windows[round].record(0, FAILURE).map(numbers) == Some([2, 2, 0]) {
                seen[round].fetch_add(1, SeqCst);
            }
        });
        assert!(seen.iter().all(|seen| seen.load(SeqCst) > 0));
    }
}

/// A result, or a look; and whether a generation ends before it.
#[derive(Clone, Debug)]
struct Step {
    wait: u64,
    ends: bool,
    late: bool,
    call: Recorded,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![8 => Just(0), 4 => 1..=11_u64, 1 => 25..=45_u64, 1 => Just(1_000)];
    let call = prop_oneof![
        4 => Just(SUCCESS), 1 => Just(FAILURE), 1 => Just(THROTTLED), 1 => Just(SLOW), 1 => Just(SLOW_FAILURE)
    ];
    let rarely = |weight| prop::bool::weighted(weight);
    let step = (wait, rarely(0.02), rarely(0.1), call);
    prop::collection::vec(step.prop_map(|(wait, ends, late, call)| Step { wait, ends, late, call }), 1..300)
}

/// Compares a window with the list of all results, of which `held` are those it should hold.
fn compare(
    window: &Remembered,
    [first, start]: [u64; 2],
    min_calls: u64,
    steps: &[Step],
    held: impl Fn(&[(u64, Recorded)], u64) -> Vec<Recorded>,
) -> Result<(), TestCaseError> {
    let first = u32::try_from(first)?;
    let (mut at, mut generation, mut all) = (start, first, Vec::new());
    lead(window, first);
    for step in steps {
        at += step.wait;
        if step.ends {
            generation += 1;
            all.clear();
        }
        if step.late && generation > first {
            window.record_of(generation - 1, at, step.call);
        }
        let before = held(&all, at).len() as u64;
        all.push((at, step.call));
        let now = count(&held(&all, at));
        let decides = step.call.is_bad() || (before < min_calls && now[0] >= min_calls);
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
