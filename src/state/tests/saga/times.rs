//! The time that is left, by a clock that may be set.

use crate::state::saga::left;
use crate::time::Nanos;

#[test]
fn time_passes_between_two_runs() {
    for (began, now, expected) in [(100, 100, 24), (100, 110, 14), (100, 124, 0), (100, u64::MAX, 0), (0, 0, 24)] {
        assert_eq!(left(Nanos(began), Nanos(now), Nanos(24)), Nanos(expected), "{began} to {now}");
    }
}

#[test]
fn a_clock_that_went_backwards_leaves_all_of_the_time() {
    assert_eq!(left(Nanos(100), Nanos(99), Nanos(24)), Nanos(24));
    assert_eq!(left(Nanos::MAX, Nanos(0), Nanos::MAX), Nanos::MAX);
}
