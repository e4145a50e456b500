//! Claims about results that open the circuit together.

use loom::model;

use super::{BUCKET, OFF, Reading, circuit, consecutive_only, count, count_window, enter, record, time_window};
use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::circuit::{Exit, Phase, Rules};
use crate::state::models::{model_of_many, race, race_of_three};
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::time::Nanos;

const FAILURE_RATE: Rules = Rules { failure_rate: Some(0.5), min_calls: 2, ..OFF };
const SLOW_RATE: Rules = Rules { slow_rate: Some((1.0, Nanos(9))), min_calls: 2, ..OFF };
const CONSECUTIVE: Rules = Rules { consecutive: Some(2), ..OFF };
/// What takes a slow call past its limit, within a bucket.
const LATER: u64 = 10;

/// These two results race in a circuit that they open together, and exactly one of them does.
fn trip_once(rules: Rules, window: fn() -> Window, outcomes: [Outcome; 2]) {
    model(move || {
        let circuit = circuit(rules, window());
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let other = Arc::clone(&circuit);
        let (one, two) =
            race(move || record(&other, one, outcomes[0], LATER), || record(&circuit, two, outcomes[1], LATER));
        assert_eq!(count([one, two]), 1);
        assert_eq!(circuit.view(Nanos(LATER)).phase, Phase::Open);
    });
}

#[test]
fn failures_in_a_row_that_trip_together_make_one_transition() {
    trip_once(CONSECUTIVE, || Window::None, [Failed, Failed]);
}

#[test]
fn failures_in_a_count_window_that_trip_together_trip_once() {
    trip_once(FAILURE_RATE, count_window, [Failed, Failed]);
}

#[test]
fn failures_in_a_time_window_that_trip_together_trip_once() {
    trip_once(FAILURE_RATE, time_window, [Failed, Failed]);
}

#[test]
fn slow_calls_in_a_count_window_that_trip_together_trip_once() {
    trip_once(SLOW_RATE, count_window, [Success, Success]);
}

#[test]
fn slow_calls_in_a_time_window_that_trip_together_trip_once() {
    trip_once(SLOW_RATE, time_window, [Success, Success]);
}

#[test]
fn a_success_racing_a_failure_to_min_calls_trips_a_count_window() {
    trip_once(FAILURE_RATE, count_window, [Failed, Success]);
}

#[test]
fn a_success_racing_a_failure_to_min_calls_trips_a_time_window() {
    trip_once(FAILURE_RATE, time_window, [Failed, Success]);
}

#[test]
fn a_circuit_that_trips_by_two_rules_makes_one_transition() {
    trip_once(Rules { consecutive: Some(2), ..FAILURE_RATE }, count_window, [Failed, Failed]);
}

/// Two successes complete three calls; the first failed.
fn successes_decide(window: fn() -> Window) {
    model(move || {
        let circuit = circuit(Rules { failure_rate: Some(0.3), min_calls: 3, ..OFF }, window());
        let [failed, one, two] = [(); 3].map(|()| enter(&circuit, 0).unwrap());
        assert_eq!(record(&circuit, failed, Failed, 0), None);
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || record(&other, one, Success, 0), || record(&circuit, two, Success, 0));
        assert_eq!(count([one, two]), 1);
    });
}

#[test]
fn successes_that_reach_min_calls_together_trip_a_count_window() {
    successes_decide(|| Window::Count(CountWindow::new(4, 3)));
}

#[test]
fn successes_that_reach_min_calls_together_trip_a_time_window() {
    successes_decide(|| Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 3, false)));
}

#[test]
fn three_failures_that_trip_together_make_one_transition() {
    model_of_many(|| {
        let circuit = consecutive_only(1, 1);
        let [one, two, three] = [(); 3].map(|()| enter(&circuit, 0).unwrap());
        let (first, second) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let (one, two, three) = race_of_three(
            move || record(&first, one, Failed, 0),
            move || record(&second, two, Failed, 0),
            || record(&circuit, three, Failed, 0),
        );
        assert_eq!(count([one, two, three]), 1);
        assert_eq!(circuit.phase(), Phase::Open);
    });
}

#[test]
fn a_circuit_that_only_measures_reports_once_that_it_would_open() {
    model(|| {
        let circuit = consecutive_only(2, 1);
        circuit.force(Phase::MetricsOnly, Nanos(0));
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || record(&other, one, Failed, 0), || record(&circuit, two, Failed, 0));
        assert_eq!(count([one, two]), 1);
        assert_eq!((circuit.phase(), circuit.view(Nanos(0)).counts.consecutive), (Phase::MetricsOnly, 0));
    });
}

#[test]
fn failures_that_trip_together_across_a_buckets_edge_trip_once() {
    model(|| {
        let circuit = circuit(FAILURE_RATE, time_window());
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let (other, clock) = (Arc::clone(&circuit), Arc::new(AtomicU64::new(BUCKET - 1)));
        let theirs = Arc::clone(&clock);
        let (one, two) = race(
            move || other.exit(one, Exit::Settled(Failed), &Reading(|| Nanos(theirs.load(Ordering::SeqCst)))),
            || {
                clock.store(BUCKET, Ordering::SeqCst);
                record(&circuit, two, Failed, BUCKET)
            },
        );
        assert_eq!(count([one, two]), 1);
    });
}
