//! Claims about what a new generation forgets.

use super::{Remembered, is_taken_for_later, lead};
use crate::state::tests::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, numbers};

#[test]
fn a_new_generation_begins_with_an_empty_window() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
        window.fill(5, 3, SLOW_FAILURE);
        assert_eq!(window.counts_of(1, 5), [0; 4]);
        assert_eq!(window.record_of(1, 5, FAILURE).map(numbers), Some([1, 1, 0, 0]));
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
fn results_of_an_earlier_generation_stay_forgotten_over_time() {
    let window = Remembered::time(10, 10, 1);
    (0..20).for_each(|step| _ = window.record(step * 10, FAILURE));
    for at in 190..400 {
        assert_eq!(window.counts_of(1, at), [0; 4], "{at}");
    }
}

#[test]
fn a_straggler_of_an_earlier_generation_is_not_counted() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
        window.record_of(1, 5, SUCCESS);
        for call in [SUCCESS, FAILURE, SLOW_FAILURE] {
            window.record(5, call);
        }
        assert_eq!(window.counts_of(1, 5), [1, 0, 0, 0]);
        window.record_of(1, 5, FAILURE);
        assert!(window.record(5, SLOW_FAILURE).is_none_or(|counts| counts.calls == 0), "it saw the new window");
        assert_eq!(window.counts_of(1, 5), [2, 1, 0, 0]);
        assert_eq!(window.record_of(1, 5, SLOW).map(numbers), Some([3, 1, 0, 1]));
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
fn windows_forget_old_results_where_generations_and_tags_wrap() {
    for (earlier, later) in [((1 << 29) - 1, 0), ((1 << 28) - 1, 1 << 28), ((1 << 29) - 2, (1 << 29) - 1)] {
        for window in [Remembered::time(10, 10, 1), Remembered::last(10, 1)] {
            lead(&window, earlier);
            window.record_of(earlier, 5, FAILURE);
            window.record_of(later, 5, SLOW);
            window.record_of(earlier, 5, FAILURE);
            assert_eq!(window.counts_of(later, 5), [1, 0, 0, 1], "{earlier} to {later}");
        }
    }
}

#[test]
fn a_window_counts_after_any_number_of_empty_generations() {
    for generation in [1 << 20, (1 << 24) - 1, 1 << 24, 1 << 26, 1 << 27, (1 << 28) - 1, (1 << 29) - 1] {
        for (window, kind) in [(Remembered::time(10, 10, 1), "time"), (Remembered::last(10, 1), "count")] {
            let tags = generation * if kind == "time" { 20 } else { 1 };
            if is_taken_for_later(tags) {
                continue;
            }
            window.record(5, FAILURE);
            window.record_of(generation, 5, SUCCESS);
            assert_eq!(window.counts_of(generation, 5), [1, 0, 0, 0], "{kind}, generation {generation}");
        }
    }
}
