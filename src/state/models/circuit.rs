//! Claims about the circuit.

use loom::{model, thread};
use rand::{SeedableRng, rngs::SmallRng};

use super::race;
use crate::{
    Backoff,
    state::{
        circuit::{Circuit, Entry, Phase, Rules, Transition},
        counts::Verdict::{self, Failure, Success},
        window::{CountWindow, TimeWindow, Window},
    },
    sync::{Arc, AtomicU64, Ordering},
    time::Nanos,
};

const OPEN_FOR: u64 = 1000;
const BUCKET: u64 = 100;

fn rules(failure_rate: Option<f64>, consecutive: Option<u32>, min_calls: u64, probes: u32) -> Rules {
    Rules {
        failure_rate,
        slow_rate: None,
        consecutive,
        min_calls,
        probes,
        half_open_for: Nanos(OPEN_FOR),
        open_for: Backoff::constant(Nanos(OPEN_FOR).into()),
    }
}

fn circuit(rules: Rules, window: Window) -> Arc<Circuit> {
    Arc::new(Circuit::new(rules, window, SmallRng::seed_from_u64(0)))
}

fn textbook(failures: u32, probes: u32) -> Arc<Circuit> {
    circuit(rules(None, Some(failures), 1, probes), Window::None)
}

fn enter(circuit: &Circuit, now: u64) -> Option<Entry> {
    circuit.enter_closed(|| Nanos(now)).or_else(|| circuit.try_enter(Nanos(now)).0.ok())
}

fn record(circuit: &Circuit, entry: Entry, verdict: Verdict, now: u64) -> Option<Transition> {
    circuit.record(entry, verdict, || Nanos(now))
}

/// A circuit that is half-open, with one probe in flight.
fn half_open(probes: u32) -> (Arc<Circuit>, Entry) {
    let circuit = textbook(1, probes);
    let entry = enter(&circuit, 0).unwrap();
    record(&circuit, entry, Failure, 0).unwrap();
    let probe = enter(&circuit, OPEN_FOR).unwrap();
    (circuit, probe)
}

/// Two failures race in a circuit that two failures open.
fn trips_once(window: fn() -> Window, failure_rate: Option<f64>, consecutive: Option<u32>) {
    model(move || {
        let circuit = circuit(rules(failure_rate, consecutive, 2, 1), window());
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || record(&other, one, Failure, 0), || record(&circuit, two, Failure, 0));
        assert_eq!(one.is_some() as u32 + two.is_some() as u32, 1);
        assert_eq!(circuit.view(Nanos(0)).phase, Phase::Open);
    });
}

#[test]
fn failures_in_a_row_that_trip_together_make_one_transition() {
    trips_once(|| Window::None, None, Some(2));
}

#[test]
fn failures_in_a_count_window_that_trip_together_make_one_transition() {
    trips_once(|| Window::Count(CountWindow::new(4, 2)), Some(1.0), None);
}

#[test]
fn failures_in_a_time_window_that_trip_together_make_one_transition() {
    trips_once(|| Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 2)), Some(1.0), None);
}

/// A failure and a success race to complete `min_calls`.
fn decides_on_quorum(window: fn() -> Window) {
    model(move || {
        let circuit = circuit(rules(Some(0.5), None, 2, 1), window());
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || record(&other, one, Failure, 0), || record(&circuit, two, Success, 0));
        assert_eq!(one.is_some() as u32 + two.is_some() as u32, 1);
    });
}

#[test]
fn a_success_that_races_a_failure_to_min_calls_decides_in_a_count_window() {
    decides_on_quorum(|| Window::Count(CountWindow::new(4, 2)));
}

#[test]
fn a_success_that_races_a_failure_to_min_calls_decides_in_a_time_window() {
    decides_on_quorum(|| Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 2)));
}

#[test]
fn callers_that_race_at_the_end_of_the_open_time_get_no_more_places_than_probes() {
    model(|| {
        let circuit = textbook(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        record(&circuit, entry, Failure, 0).unwrap();
        let other = Arc::clone(&circuit);
        let (one, two) = race(move || enter(&other, OPEN_FOR).is_some(), || enter(&circuit, OPEN_FOR).is_some());
        assert!(one != two);
    });
}

#[test]
fn a_place_given_back_is_given_to_one() {
    model(|| {
        let (circuit, probe) = half_open(1);
        let (abandoning, other) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let abandoning = thread::spawn(move || abandoning.abandon(probe));
        let (one, two) = race(move || enter(&other, OPEN_FOR), || enter(&circuit, OPEN_FOR));
        abandoning.join().unwrap();
        assert!(one.is_none() || two.is_none());
        let left = one.or(two);
        assert_eq!(enter(&circuit, OPEN_FOR).is_some(), left.is_none());
    });
}

#[test]
fn a_late_result_changes_nothing() {
    model(|| {
        let circuit = textbook(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        let (_, tripped) = race(
            move || {
                other.force(Phase::ForcedClosed, Nanos(0));
                other.reset(Nanos(0));
            },
            || record(&circuit, entry, Failure, 0),
        );
        let view = circuit.view(Nanos(0));
        assert_eq!(view.phase, Phase::Closed);
        assert_eq!(view.counts.consecutive, 0);
        assert!(view.late == 0 || tripped.is_none());
    });
}

#[test]
fn a_probe_of_an_earlier_recovery_frees_no_place_of_a_later_one() {
    model(|| {
        let (circuit, old) = half_open(1);
        let new = enter(&circuit, OPEN_FOR * 2);
        assert!(new.is_none(), "the old probe hangs, so the circuit opens again");
        let other = Arc::clone(&circuit);
        let (_, new) = race(move || other.abandon(old), || enter(&circuit, OPEN_FOR * 3));
        assert!(new.is_some());
        assert!(enter(&circuit, OPEN_FOR * 3).is_none());
    });
}

#[test]
fn nothing_is_lost_or_counted_twice_while_a_bucket_turns_over() {
    model(|| {
        let window = Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 9));
        let circuit = circuit(rules(Some(1.0), None, 9, 1), window);
        let entries: Vec<_> = (0..4).map(|_| enter(&circuit, 0).unwrap()).collect();
        record(&circuit, entries[0], Failure, 0);
        let other = Arc::clone(&circuit);
        let theirs = entries[1];
        race(
            move || record(&other, theirs, Failure, BUCKET * 2),
            || {
                record(&circuit, entries[2], Failure, BUCKET);
                record(&circuit, entries[3], Failure, BUCKET * 2);
            },
        );
        assert_eq!(circuit.view(Nanos(BUCKET * 2)).counts.failures, 3);
    });
}

#[test]
fn forcing_beside_a_result_ends_as_forced() {
    model(|| {
        let circuit = textbook(1, 1);
        let entry = enter(&circuit, 0).unwrap();
        let other = Arc::clone(&circuit);
        race(move || record(&other, entry, Failure, 0), || circuit.force(Phase::ForcedClosed, Nanos(0)));
        assert_eq!(circuit.view(Nanos(0)).phase, Phase::ForcedClosed);
    });
}

#[test]
fn failures_on_either_side_of_the_edge_of_a_bucket_that_trip_together_make_one_transition() {
    model(|| {
        let window = Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 2));
        let circuit = circuit(rules(Some(1.0), None, 2, 1), window);
        let (one, two) = (enter(&circuit, 0).unwrap(), enter(&circuit, 0).unwrap());
        let (other, clock) = (Arc::clone(&circuit), Arc::new(AtomicU64::new(BUCKET - 1)));
        let theirs = Arc::clone(&clock);
        let (one, two) = race(
            move || other.record(one, Failure, || Nanos(theirs.load(Ordering::SeqCst))),
            || {
                clock.store(BUCKET, Ordering::SeqCst);
                record(&circuit, two, Failure, BUCKET)
            },
        );
        assert_eq!(u32::from(one.is_some()) + u32::from(two.is_some()), 1);
    });
}
