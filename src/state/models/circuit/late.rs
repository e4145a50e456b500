//! Claims about results of an earlier generation.

use loom::{model, thread};

use super::{OFF, OPEN_FOR, circuit, consecutive_only, count_window, enter, half_open, record, time_window};
use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::circuit::{Phase, Rules};
use crate::state::models::{race, race_on_one_stripe};
use crate::state::window::Window;
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn a_late_result_changes_nothing() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        let (_, tripped) = race(
            move || {
                other.force(Phase::ForcedClosed, Nanos(0));
                other.reset(Nanos(0));
            },
            || record(&circuit, entry, Failed, 0),
        );
        let view = circuit.view(Nanos(0));
        assert_eq!((view.phase, view.counts.consecutive), (Phase::Closed, 0));
        assert!(view.late == 0 || tripped.is_none());
    });
}

#[test]
fn each_late_result_is_counted_once() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        circuit.reset(Nanos(0));
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || record(&other, one, Failed, 0), {
            let circuit = Arc::clone(&circuit);
            move || record(&circuit, two, Success, 0)
        });
        let view = circuit.view(Nanos(0));
        assert_eq!((view.late, view.phase, view.counts.calls), (2, Phase::Closed, 0));
    });
}

#[test]
fn a_probe_that_comes_back_beside_a_reset_decides_or_is_late() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let other = Arc::clone(&circuit);
        let (settled, reset) = race(move || record(&other, probe, Failed, OPEN_FOR), || circuit.reset(Nanos(OPEN_FOR)));
        let view = circuit.view(Nanos(OPEN_FOR));
        assert_eq!(view.phase, Phase::Closed);
        assert_eq!(view.late, u64::from(settled.is_none()));
        assert_eq!(reset.unwrap().from, if settled.is_some() { Phase::Open } else { Phase::HalfOpen });
    });
}

#[test]
fn calls_that_are_rejected_together_are_each_counted() {
    model(|| {
        let circuit = consecutive_only(1, 1);
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || other.count_rejected(), {
            let circuit = Arc::clone(&circuit);
            move || circuit.count_rejected()
        });
        assert_eq!(circuit.view(Nanos(0)).rejected, 2);
    });
}

/// A result of before a reset is recorded beside one of after it, on one line.
fn straggles(window: fn() -> Window, old: Outcome, new: Outcome) {
    model(move || {
        let circuit = circuit(Rules { failure_rate: Some(1.0), ..OFF }, window());
        let straggler = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || record(&other, straggler, old, 0), {
            let circuit = Arc::clone(&circuit);
            move || {
                circuit.reset(Nanos(0));
                let entry = enter(&circuit, 0).unwrap();
                record(&circuit, entry, new, 0)
            }
        });
        let counts = circuit.view(Nanos(0)).counts;
        assert_eq!((counts.calls, counts.failures), (1, u64::from(new == Failed)));
    });
}

#[test]
fn a_straggling_success_is_not_in_the_next_count_window() {
    straggles(count_window, Success, Failed);
}

#[test]
fn a_straggling_failure_is_not_in_the_next_count_window() {
    straggles(count_window, Failed, Failed);
}

#[test]
fn a_straggling_failure_is_not_in_the_next_time_window() {
    straggles(time_window, Failed, Failed);
}

#[test]
fn a_straggling_success_is_not_in_the_next_time_window() {
    straggles(time_window, Success, Failed);
}

#[test]
fn a_straggler_beside_a_reset_leaves_no_failure_in_a_row() {
    model(|| {
        let circuit = consecutive_only(3, 1);
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let first = thread::spawn(move || record(&first, one, Failed, 0));
        race(move || record(&second, two, Failed, 0), || circuit.reset(Nanos(0)));
        first.join().unwrap();
        assert_eq!(circuit.view(Nanos(0)).counts.consecutive, 0);
    });
}
