//! Claims about the mode in force.

#![expect(clippy::float_cmp, reason = "these are computed in the same way, or exact")]

mod model;
mod turns;

use crate::state::degradation::{Change, Decided, Degradation, Hysteresis, Lines, Why, held};
use crate::time::Nanos;

/// Entered at 0.8 after 10, and left at 0.5 after 20.
const LINES: Lines = Lines { enter_at: 0.8, leave_at: 0.5, enter_after: Nanos(10), leave_after: Nanos(20) };

/// Entered and left by one reading.
const AT_ONCE: Lines = Lines { enter_after: Nanos(0), leave_after: Nanos(0), ..LINES };

fn of(lines: Lines, signals: usize) -> Degradation {
    Degradation::new(vec![Hysteresis::new(lines, signals)])
}

/// The modes in force after readings of one signal, each at its time.
fn modes(degradation: &Degradation, readings: &[(f64, u64)]) -> Vec<usize> {
    let mode = |&(value, at): &(f64, u64)| {
        degradation.read(&[value], Nanos(at)).map_or_else(|| degradation.in_force(), |change| change.to)
    };
    readings.iter().map(mode).collect()
}

fn by(mode: usize, signal: usize, value: f64) -> Why {
    Why::Signal(Decided { mode, signal, value })
}

#[test]
fn a_mode_is_entered_after_its_signal_was_high_for_long_enough() {
    assert_eq!(modes(&of(LINES, 1), &[(0.8, 5), (0.9, 14), (0.8, 15)]), [0, 0, 1]);
}

#[test]
fn a_signal_that_was_low_in_between_begins_anew() {
    assert_eq!(modes(&of(LINES, 1), &[(1.0, 0), (0.7, 5), (1.0, 9), (1.0, 18), (1.0, 19)]), [0, 0, 0, 0, 1]);
}

#[test]
fn two_high_readings_enter_however_far_apart() {
    assert_eq!(modes(&of(LINES, 1), &[(1.0, 0), (1.0, u64::MAX)]), [0, 1]);
}

#[test]
fn a_mode_is_left_after_its_signal_was_low_for_long_enough() {
    let readings = [(1.0, 0), (0.5, 1), (0.4, 20), (0.5, 21)];
    assert_eq!(modes(&of(Lines { enter_after: Nanos(0), ..LINES }, 1), &readings), [1, 1, 1, 0]);
}

#[test]
fn between_the_lines_nothing_changes() {
    assert_eq!(modes(&of(AT_ONCE, 1), &[(0.7, 0), (0.8, 1), (0.6, 2), (0.5, 3), (0.6, 4)]), [0, 1, 1, 0, 0]);
}

#[test]
fn a_mode_that_is_left_at_zero_can_be_left() {
    let lines = Lines { leave_at: 0.0, ..AT_ONCE };
    assert_eq!(modes(&of(lines, 1), &[(1.0, 0), (0.1, 1), (0.0, 2)]), [1, 1, 0]);
}

#[test]
fn one_high_signal_enters_and_all_low_ones_leave() {
    let degradation = of(AT_ONCE, 2);
    let read = |values: [f64; 2], at| degradation.read(&values, Nanos(at));
    assert_eq!(read([0.0, 0.8], 0), Some(Change { from: 0, to: 1, why: by(1, 1, 0.8) }));
    assert_eq!(read([0.6, 0.5], 1), None);
    assert_eq!(read([0.4, 0.5], 2), Some(Change { from: 1, to: 0, why: by(1, 1, 0.5) }));
}

#[test]
fn the_signal_that_was_high_for_longest_decides() {
    let degradation = of(LINES, 2);
    for (values, at) in [([0.0, 0.9], 0), ([1.0, 0.9], 4)] {
        assert_eq!(degradation.read(&values, Nanos(at)), None);
    }
    assert_eq!(degradation.read(&[1.0, 0.9], Nanos(10)).map(|change| change.why), Some(by(1, 1, 0.9)));
}

#[test]
fn the_highest_mode_that_is_on_is_in_force() {
    let worst = Lines { enter_at: 0.9, leave_at: 0.6, ..AT_ONCE };
    let degradation = Degradation::new(vec![Hysteresis::new(AT_ONCE, 1), Hysteresis::new(worst, 1)]);
    let read = |values: [f64; 2], at| degradation.read(&values, Nanos(at));
    assert_eq!(read([0.8, 0.8], 0), Some(Change { from: 0, to: 1, why: by(1, 0, 0.8) }));
    assert_eq!(read([0.8, 0.9], 1), Some(Change { from: 1, to: 2, why: by(2, 0, 0.9) }));
    assert_eq!(read([0.5, 0.7], 2), None, "the mild one is off, and the worse one is not");
    assert_eq!(read([0.5, 0.6], 3), Some(Change { from: 2, to: 0, why: by(2, 0, 0.6) }));
}

#[test]
fn a_mode_set_by_hand_stays_while_signals_are_judged() {
    let degradation = of(AT_ONCE, 1);
    assert_eq!(degradation.set(0, Nanos(1)), None);
    assert_eq!(degradation.read(&[1.0], Nanos(2)), None);
    assert_eq!((degradation.in_force(), degradation.view().is_by_hand), (0, true));
    assert_eq!(degradation.auto(Nanos(3)), Some(Change { from: 0, to: 1, why: Why::ByHand }));
    assert_eq!((degradation.in_force(), degradation.view().is_by_hand), (1, false));
}

#[test]
fn a_mode_without_signals_is_on_by_hand_only() {
    let degradation = of(AT_ONCE, 0);
    assert!(!degradation.has_signals());
    assert_eq!(degradation.read(&[], Nanos(1)), None);
    assert_eq!(degradation.set(1, Nanos(2)), Some(Change { from: 0, to: 1, why: Why::ByHand }));
    assert_eq!(degradation.auto(Nanos(3)), Some(Change { from: 1, to: 0, why: Why::ByHand }));
}

#[test]
fn a_number_is_held_within_its_bounds() {
    let numbers = [f64::NAN, f64::NEG_INFINITY, -0.1, 0.0, 0.3, 1.0, 1.1, f64::INFINITY];
    assert_eq!(numbers.map(held), [0.0, 0.0, 0.0, 0.0, 0.3, 1.0, 1.0, 1.0]);
}
