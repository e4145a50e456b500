//! Claims about what is counted, and when it is a moment of decision.

use super::Remembered;
use crate::state::tests::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, THROTTLED, count, numbers};
use crate::state::window::Window;

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
        assert_eq!(told, [Some([1, 1, 0, 0]), Some([2, 1, 1, 0]), Some([3, 1, 1, 1]), Some([4, 2, 1, 2])]);
    }
}

#[test]
fn of_successes_only_the_one_that_completes_min_calls_decides() {
    for window in [Remembered::time(10, 10, 3), Remembered::last(10, 3)] {
        let told = [0; 5].map(|at| window.record(at, SUCCESS).map(numbers));
        assert_eq!(told, [None, None, Some([3, 0, 0, 0]), None, None]);
    }
}

#[test]
fn a_success_that_completes_min_calls_for_some_rate_decides() {
    for window in [Remembered::time(10, 10, 3), Remembered::last(10, 3)] {
        window.fill(0, 2, THROTTLED);
        // The third result of all, and the third that is not throttled.
        assert_eq!([0; 4].map(|at| window.record(at, SUCCESS).is_some()), [true, false, true, false]);
    }
}

#[test]
fn a_throttled_result_that_falls_out_lets_min_calls_be_completed_again() {
    let window = Remembered::last(3, 3);
    assert_eq!([0; 4].map(|at| window.record(at, SUCCESS).is_some()), [false, false, true, false]);
    window.fill(0, 1, THROTTLED);
    assert_eq!([0; 4].map(|at| window.record(at, SUCCESS).is_some()), [false, false, true, false]);
}

#[test]
fn a_min_calls_of_one_makes_the_first_success_decide() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(1, 1)] {
        assert_eq!([0; 3].map(|at| window.record(at, SUCCESS).is_some()), [true, false, false]);
    }
}

#[test]
fn a_success_after_a_failure_reached_min_calls_decides_nothing() {
    for window in [Remembered::time(10, 10, 2), Remembered::last(10, 2)] {
        let told = [SUCCESS, FAILURE, SUCCESS].map(|call| window.record(0, call).is_some());
        assert_eq!(told, [false, true, false]);
    }
}

#[test]
fn a_success_that_reaches_min_calls_after_expiry_decides_again() {
    let window = Remembered::time(10, 10, 2);
    assert_eq!([0, 0, 50].map(|at| window.record(at, SUCCESS).is_some()), [false, true, false]);
    assert_eq!([99, 100].map(|at| window.counts(at)), [[3, 0, 0, 0], [1, 0, 0, 0]]);
    assert_eq!(window.record(100, SUCCESS).map(numbers), Some([2, 0, 0, 0]));
    assert_eq!(window.record(100, SUCCESS), None);
}

#[test]
fn a_success_in_a_new_bucket_of_a_full_window_decides_nothing() {
    let window = Remembered::time(10, 10, 2);
    window.fill(5, 3, SUCCESS);
    assert_eq!([9, 10, 19, 20].map(|at| window.record(at, SUCCESS)), [None; 4]);
}

#[test]
fn a_bucket_that_holds_min_calls_says_nothing_of_the_one_before() {
    let window = Remembered::time(10, 10, 2);
    assert_eq!([15, 15, 5, 5].map(|at| window.record(at, SUCCESS).is_some()), [false, true, false, true]);
}

#[test]
fn successes_kept_below_min_calls_by_expiry_never_decide() {
    let window = Remembered::time(10, 2, 3);
    assert!((0..100).all(|step| window.record(step * 10, SUCCESS).is_none()));
}

#[test]
fn without_a_window_only_failures_are_moments_of_decision() {
    let window = Remembered::new(Window::None);
    assert_eq!(window.window.words(), 0);
    let told = [SUCCESS, FAILURE, THROTTLED].map(|call| window.record(0, call).map(numbers));
    assert_eq!(told, [None, Some([0; 4]), Some([0; 4])]);
    assert_eq!(window.counts(0), [0; 4]);
}
