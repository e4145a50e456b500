//! Claims about a restore beside calls.

use loom::model;

use super::{BUCKET, OFF, OPEN_FOR, circuit, consecutive_only, count_window, enter, opened, record, try_enter};
use crate::outcome::Outcome::{Failed, Success};
use crate::state::circuit::{Circuit, Phase, Rules, Saved, Transition};
use crate::state::models::{race, race_on_one_stripe};
use crate::state::window::{TimeWindow, Window};
use crate::sync::Arc;
use crate::time::Nanos;

fn restore(circuit: &Circuit, saved: &Saved) -> Option<Transition> {
    circuit.restore(saved, Nanos(0), Nanos(0))
}

fn open() -> Saved {
    opened(consecutive_only(1, 1)).saved(Nanos(0))
}

#[test]
fn a_restore_beside_a_result_that_trips_is_whole_or_nothing() {
    model(|| {
        let (circuit, saved) = (consecutive_only(1, 1), open());
        let entry = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        let (tripped, restored) = race(move || record(&other, entry, Failed, 0), || restore(&circuit, &saved));
        // Whichever opens it is the only one.
        assert!(tripped.is_some() != restored.is_some());
        assert_eq!(circuit.view(Nanos(0)).left, Some(Nanos(OPEN_FOR)));
    });
}

#[test]
fn a_call_beside_a_restore_is_refused_or_late() {
    model(|| {
        let (circuit, saved) = (consecutive_only(1, 1), open());
        let other = Arc::clone(&circuit);
        let call = move || {
            let entry = try_enter(&other, 0).0.ok()?;
            Some(record(&other, entry, Failed, 0))
        };
        let (called, restored) = race(call, || restore(&circuit, &saved));
        // A call that passed either opened it, or changed nothing.
        assert!(restored.is_some() != matches!(called, Some(Some(_))));
        assert_eq!(circuit.phase(), Phase::Open);
    });
}

#[test]
fn of_two_restores_one_is_made() {
    model(|| {
        let (circuit, saved) = (consecutive_only(1, 1), open());
        let (other, theirs) = (Arc::clone(&circuit), saved.clone());
        let (one, two) = race(move || restore(&other, &theirs).is_some(), || restore(&circuit, &saved).is_some());
        assert!(one != two);
    });
}

#[test]
fn a_result_beside_a_restore_leaves_the_window_that_was_restored_whole() {
    let rules = Rules { failure_rate: Some(1.0), min_calls: 9, ..OFF };
    let time_window = || Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 9, false));
    for window in [count_window as fn() -> Window, time_window] {
        for outcome in [Success, Failed] {
            model(move || {
                let first = circuit(rules, window());
                (0..2).for_each(|_| _ = record(&first, enter(&first, 0).unwrap(), Failed, 0));
                let (circuit, saved) = (circuit(rules, window()), first.saved(Nanos(0)));
                let entry = enter(&circuit, 0).unwrap();
                let (one, two, theirs) = (Arc::clone(&circuit), Arc::clone(&circuit), saved.clone());
                let (_, restored) =
                    race_on_one_stripe(move || record(&one, entry, outcome, 0), move || restore(&two, &theirs));
                let counts = circuit.view(Nanos(0)).counts;
                let alone = u64::from(outcome == Failed);
                let expected = if restored.is_some() { [2, 2] } else { [1, alone] };
                assert_eq!([counts.calls, counts.failures], expected, "{outcome:?} {saved:?}");
            });
        }
    }
}
