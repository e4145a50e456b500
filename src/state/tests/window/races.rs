//! Claims about results that come together.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use super::Remembered;
use crate::state::tests::{FAILURE, SLOW, SLOW_FAILURE, SUCCESS, numbers, together};

#[test]
fn two_threads_lose_no_result() {
    for window in [Remembered::time(10, 10, 1), Remembered::last(100_000, 1)] {
        together(2_000, |round| {
            for call in [SUCCESS, FAILURE, SLOW, SLOW_FAILURE, SUCCESS] {
                window.record(round as u64 % 100, call);
            }
        });
        assert_eq!(window.counts(99), [20_000, 8_000, 0, 8_000], "{:?}", window.window.words());
    }
}

#[test]
fn a_full_count_window_is_exact_after_two_threads_fail_together() {
    let window = Remembered::last(100, 1);
    together(200, |_| _ = window.record(0, FAILURE));
    assert_eq!(window.counts(0), [100, 100, 0, 0]);
    together(25, |_| _ = window.record(0, SUCCESS));
    assert_eq!(window.counts(0), [100, 50, 0, 0]);
}

#[test]
fn a_failure_is_off_by_at_most_the_results_recorded_beside_it() {
    let windows: Vec<_> = (0..2_000).map(|_| (Remembered::last(10, 1), AtomicUsize::new(0))).collect();
    together(windows.len(), |round| {
        let (window, callers) = &windows[round];
        window.record(0, if callers.fetch_add(1, SeqCst) == 0 { FAILURE } else { SUCCESS });
    });
    for (window, _) in &windows {
        // It is the first or the second of the two, and forgotten when ten have followed it.
        (0..8).for_each(|_| _ = window.record(0, SUCCESS));
        assert_eq!(window.counts(0), [10, 1, 0, 0]);
        (0..2).for_each(|_| _ = window.record(0, SUCCESS));
        assert_eq!(window.counts(0), [10, 0, 0, 0]);
    }
}

#[test]
fn of_two_successes_that_reach_min_calls_together_one_decides() {
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
            if windows[round].record(0, FAILURE).map(numbers) == Some([2, 2, 0, 0]) {
                seen[round].fetch_add(1, SeqCst);
            }
        });
        assert!(seen.iter().all(|seen| seen.load(SeqCst) > 0));
    }
}
