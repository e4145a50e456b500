//! The failures that a history tells of, with what was counted meanwhile.

use super::*;
use crate::state::history::Standing::{OnTrial, Out, Up};

const fn counted(rejected: u64, degraded: Option<u64>, lost: Option<u64>) -> Counted {
    Counted { rejected, degraded, lost }
}

/// Changes to these standings, before which so many calls were rejected, at ten times their number.
fn rejecting(capacity: usize, changes: &[(Standing, u64)]) -> History<usize> {
    let mut history = History::new(Nanos(0), capacity);
    for (what, (to, rejected)) in changes.iter().enumerate() {
        let turn = Turn { counted: counted(*rejected, None, None), ..turn(what as u64, *to) };
        history.keep(record(10 * what as u64, turn, what));
    }
    history
}

/// Late enough for all of them.
const NOW: Nanos = Nanos(100);

/// How they began, their begins and ends, and how many calls were rejected, when 100 are.
fn failures(history: &History<usize>) -> Vec<(usize, u64, Option<u64>, u64)> {
    let all = history.failures(counted(100, None, None), NOW).into_iter();
    all.map(|failed| (*failed.what, failed.began.0, failed.ended.map(|ended| ended.0), failed.counted.rejected))
        .collect()
}

#[test]
fn half_open_is_a_part_of_the_failure() {
    let history = rejecting(MANY, &[(down(9), 0), (OnTrial, 7), (down(29), 8), (OnTrial, 20), (Up, 21)]);
    assert_eq!(failures(&history), [(0, 0, Some(40), 21)]);
}

#[test]
fn a_failure_that_goes_on_has_no_end_and_counts_so_far() {
    assert_eq!(failures(&rejecting(MANY, &[(Up, 0), (down(99), 5)])), [(1, 10, None, 95)]);
}

#[test]
fn a_failure_ends_when_it_is_set_by_hand() {
    let history = rejecting(MANY, &[(down(9), 5), (Out, 8), (Up, 50)]);
    assert_eq!(failures(&history), [(0, 0, Some(10), 3)]);
}

#[test]
fn what_is_left_by_hand_did_not_fail() {
    assert_eq!(failures(&rejecting(MANY, &[(Out, 0), (Out, 1), (Up, 2)])), []);
}

#[test]
fn the_begin_of_a_failure_outlives_what_is_kept() {
    let flapping = [(Up, 0), (down(9), 5), (OnTrial, 7), (down(9), 7), (OnTrial, 9), (down(9), 9)];
    let mut history = rejecting(2, &flapping);
    assert_eq!(failures(&history), [(1, 10, None, 95)]);
    history.keep(record(60, Turn { counted: counted(11, None, None), ..turn(6, Up) }, 6));
    assert_eq!(failures(&history), [(1, 10, Some(60), 6)]);
    (7..9).for_each(|number| history.keep(remark(70, number)));
    assert_eq!(failures(&history), []);
}

#[test]
fn a_failure_lasts_while_somebody_asks_also_if_its_begin_is_forgotten() {
    // Nobody asks from 12 to 50, and none from 55 on.
    let changes = [(2, down(12)), (50, OnTrial), (52, down(55))];
    for capacity in 0..4 {
        let history = history(0, capacity, &changes);
        let lasted: Vec<_> = history.failures(Counted::default(), NOW).iter().map(|failed| failed.lasted.0).collect();
        assert_eq!(lasted, [10 + 2 + 3], "{capacity}");
    }
}

#[test]
fn what_was_not_there_at_the_begin_had_counted_nothing() {
    let (none, some) = (counted(1, None, None), counted(4, Some(3), Some(2)));
    assert_eq!(some.since(none), counted(3, Some(3), Some(2)));
    assert_eq!(some.since(counted(4, Some(1), Some(2))), counted(0, Some(2), Some(0)));
    assert_eq!(none.since(none), counted(0, None, None));
}
