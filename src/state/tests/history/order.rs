//! In which order things are kept, and for how long.

use super::*;
use crate::state::history::Standing::{OnTrial, Up};

#[test]
fn a_change_that_is_told_late_takes_its_place_by_its_number() {
    let mut history = history(0, MANY, &[]);
    let told = [(1, 20, OnTrial), (2, 25, Up), (0, 10, down(20))];
    for (number, at, to) in told {
        history.keep(record(at, turn(number, to), number.try_into().expect("it is small")));
    }
    assert_eq!(whats(&history), [0, 1, 2]);
    assert_eq!(numbers(history.sums(None, Nanos(100))), [85, 15, 15, 1, 1, 0]);
}

#[test]
fn numbers_decide_where_clocks_were_read_the_other_way_round() {
    let mut history = history(0, MANY, &[(10, down(20)), (21, OnTrial)]);
    history.keep(record(20, turn(2, Up), 2));
    assert_eq!(whats(&history), [0, 1, 2]);
    let times: Vec<_> = history.records().iter().map(|record| record.at.0).collect();
    assert_eq!(times, [10, 21, 21]);
    assert_eq!(numbers(history.sums(None, Nanos(100))), [89, 10, 10, 1, 1, 0]);
}

#[test]
fn a_change_told_late_is_not_later_than_the_one_after_it() {
    let mut history = history(0, MANY, &[]);
    history.keep(record(20, turn(1, Up), 1));
    history.keep(record(25, turn(0, down(30)), 0));
    let times: Vec<_> = history.records().iter().map(|record| (record.what, record.at.0)).collect();
    assert_eq!(times, [(0, 20), (1, 20)]);
}

#[test]
fn what_happens_at_one_moment_stays_in_the_order_in_which_it_was_told() {
    let mut history = history(0, MANY, &[]);
    history.keep(remark(10, 0));
    history.keep(record(10, turn(0, down(20)), 1));
    history.keep(remark(10, 2));
    history.keep(record(10, turn(1, Up), 3));
    assert_eq!(whats(&history), [0, 1, 2, 3]);
}

#[test]
fn what_is_told_late_goes_before_what_was_later() {
    let mut history = history(0, MANY, &[]);
    history.keep(remark(10, 0));
    history.keep(remark(30, 2));
    history.keep(remark(20, 1));
    assert_eq!(whats(&history), [0, 1, 2]);
}

#[test]
fn only_the_last_are_kept() {
    let mut history = history(0, 3, &[]);
    (0..10).for_each(|what| history.keep(remark(what as u64, what)));
    assert_eq!(whats(&history), [7, 8, 9]);
}

#[test]
fn a_window_begins_no_earlier_than_what_is_known() {
    let changes = [(10, down(20)), (20, OnTrial), (30, Up), (60, down(65)), (65, OnTrial), (70, Up)];
    let history = history(0, 2, &changes);
    // Of the last 95 nanoseconds those since 60 are known.
    assert_eq!(numbers(history.sums(Some(Nanos(95)), Nanos(100))), [30, 10, 10, 1, 1, 0]);
    assert_eq!(numbers(history.sums(None, Nanos(100))), [70, 30, 20, 2, 2, 0]);
}
