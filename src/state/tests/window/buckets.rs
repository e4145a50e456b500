//! Claims about how time is forgotten.

use super::{Remembered, is_taken_for_later};
use crate::state::tests::{FAILURE, SLOW, SUCCESS, numbers};
use crate::state::window::{TimeWindow, Window};
use crate::time::Nanos;

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
    assert_eq!(window.counts(99), [2, 1, 0, 0]);
    assert_eq!(window.counts(100), [1, 0, 0, 0]);
    assert_eq!(window.counts(109), [1, 0, 0, 0]);
    assert_eq!(window.counts(110), [0, 0, 0, 0]);
}

#[test]
fn old_results_expire_on_write_as_well() {
    let window = Remembered::time(10, 10, 1);
    window.record(5, FAILURE);
    window.record(15, SLOW);
    assert_eq!(window.record(105, FAILURE).map(numbers), Some([2, 1, 0, 1]));
}

#[test]
fn thirty_seconds_in_ten_buckets_forget_by_three_seconds() {
    let second = 1_000_000_000;
    let window = Remembered::time(3 * second, 10, 1);
    window.record(3 * second - 1, FAILURE);
    assert_eq!(window.counts(30 * second - 1), [1, 1, 0, 0]);
    assert_eq!(window.counts(30 * second), [0, 0, 0, 0]);
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
    let window = Remembered::new(Window::Time(TimeWindow::new(Nanos(30), 3, 1, true)));
    window.record(9, FAILURE);
    assert_eq!([29, 30].map(|at| window.counts(at)[0]), [1, 0]);
}

#[test]
fn a_time_window_slides_where_tags_wrap() {
    let window = Remembered::time(10, 10, 1);
    let wrap = (1 << 28) * 10;
    for at in [wrap - 11, wrap - 1, wrap, wrap + 10] {
        window.record(at, FAILURE);
    }
    assert_eq!(window.counts(wrap + 10), [4, 4, 0, 0]);
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
    assert_eq!(window.counts(u64::MAX), [0; 4]);
    assert_eq!([u64::MAX; 3].map(|at| window.record(at, SUCCESS).is_some()), [false, true, false]);
    assert_eq!(window.counts(u64::MAX), [3, 0, 0, 0]);
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
        assert_eq!(told, Some([1, 1, 0, 0]), "after {idle} idle buckets");
    }
}
