//! Claims about a window of the last results.

use super::Remembered;
use crate::state::tests::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, count, numbers};
use crate::state::window::{CountWindow, FIRST_WORD};
use crate::sync::Ordering::Relaxed;

#[test]
fn a_count_window_holds_the_last_results_however_old() {
    let window = Remembered::last(3, 1);
    window.record(0, FAILURE);
    assert_eq!(window.counts(u64::MAX), [1, 1, 0, 0]);
    window.record(u64::MAX, SUCCESS);
    assert_eq!(window.counts(u64::MAX), [2, 1, 0, 0]);
}

#[test]
fn a_count_window_of_n_forgets_a_result_when_n_have_followed() {
    for size in [1, 2, 63, 64, 65, 127, 128, 129, 1000] {
        let window = Remembered::last(size, 1);
        window.record(0, SLOW_FAILURE);
        window.fill(0, size as usize - 1, SUCCESS);
        assert_eq!(window.counts(0), [u64::from(size), 1, 0, 1], "{size}");
        window.record(0, SUCCESS);
        assert_eq!(window.counts(0), [u64::from(size), 0, 0, 0], "{size}");
    }
}

#[test]
fn a_count_window_still_slides_after_ten_thousand_successes() {
    let window = Remembered::last(100, 10);
    window.fill(0, 10_000, SUCCESS);
    let told = (1..=100).map(|_| window.record(0, FAILURE).map(numbers));
    assert!(told.eq((1..=100).map(|failures| Some([100, failures, 0, 0]))));
}

#[test]
fn the_largest_count_window_slides() {
    let window = Remembered::last(CountWindow::MAX_LEN, 1);
    window.fill(0, 3, FAILURE);
    assert_eq!(window.counts(0), [3, 3, 0, 0]);
}

/// Has this thread counted `calls` results of `generation`, all of them good.
fn prime(window: &Remembered, generation: u64, calls: u64) {
    window.stripes.mine().count(0);
    let stripe = window.stripes.each().next().expect("it was just made");
    stripe.word(FIRST_WORD).store((generation & 0xfff_ffff) << 36 | calls, Relaxed);
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
