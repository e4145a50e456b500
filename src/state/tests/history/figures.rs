//! Figures that were computed by hand.

use std::time::Duration;

use super::*;
use crate::state::history::Standing::{OnTrial, Out, Up};

/// What happens, over which of the last nanoseconds, when it is looked at; and the numbers.
type Row = (&'static str, &'static [(u64, Standing)], Option<u64>, u64, [u64; 6]);

/// A failure that lasts from 60 to 80. From 75 on, nobody asks for it.
const ONE: &[(u64, Standing)] = &[(60, down(70)), (70, OnTrial), (80, Up)];

/// A failure that has not ended. From 20 on, nobody asks for it.
const IDLE: &[(u64, Standing)] = &[(10, down(20))];

const TABLE: [Row; 21] = [
    ("nothing happened", &[], None, 100, [100, 0, 0, 0, 0, 0]),
    ("one failure, which probes end", ONE, None, 100, [80, 20, 20, 1, 1, 0]),
    ("it goes on", &[(90, down(120))], None, 100, [90, 10, 10, 1, 0, 0]),
    ("it has just begun", &[(100, down(120))], None, 100, [100, 0, 0, 1, 0, 0]),
    ("half-open still", &[(60, down(70)), (70, OnTrial)], None, 100, [60, 40, 40, 1, 0, 0]),
    ("no call came", IDLE, None, 100, [10, 10, 10, 1, 0, 0]),
    ("no call came for long", &[(10, down(20)), (50, OnTrial), (55, Up)], None, 100, [55, 15, 15, 1, 1, 0]),
    (
        "the probes fail once",
        &[(10, down(20)), (20, OnTrial), (22, down(42)), (42, OnTrial), (45, Up)],
        None,
        50,
        [15, 35, 35, 1, 1, 1],
    ),
    (
        "two failures",
        &[(10, down(20)), (20, OnTrial), (21, Up), (31, down(36)), (36, OnTrial), (41, Up)],
        None,
        50,
        [29, 21, 11, 2, 2, 0],
    ),
    ("forced while it fails", &[(10, down(30)), (15, Out), (40, Up)], None, 50, [20, 5, 5, 1, 0, 0]),
    ("forced while it is well", &[(10, Out), (40, Up)], None, 50, [20, 0, 0, 0, 0, 0]),
    ("forced twice", &[(10, Out), (20, Out), (40, Up)], None, 50, [20, 0, 0, 0, 0, 0]),
    ("forced to the end", &[(10, Out)], None, 50, [10, 0, 0, 0, 0, 0]),
    ("the end within the window", ONE, Some(30), 100, [20, 10, 10, 1, 1, 0]),
    ("the begin within the window", &[(60, down(70))], Some(10), 65, [5, 5, 5, 1, 0, 0]),
    ("all of the window", &[(60, down(70)), (70, OnTrial)], Some(5), 78, [0, 5, 5, 1, 0, 0]),
    ("it ended as the window begins", ONE, Some(20), 100, [20, 0, 0, 0, 0, 0]),
    ("it was over before", ONE, Some(19), 100, [19, 0, 0, 0, 0, 0]),
    ("no call came in the window", IDLE, Some(50), 100, [0, 0, 0, 1, 0, 0]),
    ("a window that is longer than its life", ONE, Some(1_000), 100, [80, 20, 20, 1, 1, 0]),
    ("the clock was read before the last change", ONE, None, 75, [60, 20, 20, 1, 1, 0]),
];

#[test]
fn figures_are_as_computed_by_hand() {
    for (label, changes, window, now, expected) in TABLE {
        let sums = history(0, MANY, changes).sums(window.map(Nanos), Nanos(now));
        assert_eq!(numbers(sums), expected, "{label}");
    }
}

#[test]
fn what_was_before_the_build_does_not_count() {
    let history = history(50, MANY, ONE);
    assert_eq!(numbers(history.sums(None, Nanos(100))), [30, 20, 20, 1, 1, 0]);
    assert_eq!(numbers(history.sums(Some(Nanos(90)), Nanos(100))), [30, 20, 20, 1, 1, 0]);
}

#[test]
fn a_reset_by_hand_ends_a_failure_that_no_probe_has_restored() {
    let mut history = history(0, MANY, &[(10, down(20)), (20, OnTrial)]);
    history.keep(record(30, Turn { is_by_hand: true, ..turn(2, Up) }, 2));
    assert_eq!(numbers(history.sums(None, Nanos(50))), [30, 20, 20, 1, 0, 0]);
}

#[test]
fn availability_is_made_of_operating_time_and_not_of_all_time() {
    let sums = Sums { operating: Nanos(50), downtime: Nanos(50), failures: 2, ..Sums::default() };
    let figures = sums.figures();
    let nanos = |time: Option<Duration>| time.map(|time| time.as_nanos());
    assert_eq!((nanos(figures.mtbf), nanos(figures.mttr), figures.availability), (Some(25), Some(25), 0.5));
    assert_eq!(figures.watched.as_nanos(), 100);
}

#[test]
fn without_a_failure_there_is_no_mean_and_all_is_available() {
    for operating in [0, 100] {
        let figures = Sums { operating: Nanos(operating), ..Sums::default() }.figures();
        assert_eq!((figures.mtbf, figures.mttr, figures.availability), (None, None, 1.0));
    }
}

#[test]
fn without_results_there_is_no_success_rate() {
    assert_eq!(Sums::default().figures().success_rate, None);
    assert_eq!(Sums { good: 3, asked: 4, ..Sums::default() }.figures().success_rate, Some(0.75));
}

#[test]
fn sums_add_up_but_the_longest_is_the_longest_of_all() {
    let one = history(0, MANY, ONE).sums(None, Nanos(100));
    let other = history(0, MANY, &[(90, down(120))]).sums(None, Nanos(100));
    assert_eq!(numbers(one.and(other)), [170, 30, 20, 2, 1, 0]);
}
