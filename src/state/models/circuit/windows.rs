//! Claims about what windows count: no result is lost, and none is counted twice.

use loom::model;

use super::{BUCKET, OFF, circuit, count_window, enter, record};
use crate::outcome::Outcome::{self, Failed, Success};
use crate::state::circuit::{Circuit, Entry, Rules};
use crate::state::counts::Counts;
use crate::state::models::circuit::throttled;
use crate::state::models::{race, race_on_one_stripe};
use crate::state::window::{CountWindow, TimeWindow, Window};
use crate::sync::Arc;
use crate::time::Nanos;

const COUNTING: Rules = Rules { failure_rate: Some(1.0), ..OFF };
/// The bucket that takes the place of the first.
const TURNED: u64 = 2 * BUCKET;

fn time_window() -> Window {
    Window::Time(TimeWindow::new(Nanos(2 * BUCKET), 2, 9, false))
}

fn entries<const N: usize>(circuit: &Circuit) -> [Entry; N] {
    [(); N].map(|()| enter(circuit, 0).unwrap())
}

fn counts(circuit: &Circuit, now: u64) -> Counts {
    circuit.view(Nanos(now)).counts
}

#[test]
fn nothing_is_lost_or_counted_twice_while_a_bucket_turns_over() {
    model(|| {
        let circuit = circuit(COUNTING, time_window());
        let [old, theirs, between, ours] = entries(&circuit);
        record(&circuit, old, Failed, 0);
        let other = Arc::clone(&circuit);
        race(
            move || record(&other, theirs, Failed, TURNED),
            || {
                record(&circuit, between, Failed, BUCKET);
                record(&circuit, ours, Failed, TURNED);
            },
        );
        assert_eq!(counts(&circuit, TURNED).failures, 3);
    });
}

#[test]
fn nothing_is_lost_or_counted_twice_as_two_turn_one_bucket_over() {
    model(|| {
        let circuit = circuit(COUNTING, time_window());
        let [old, one, two] = entries(&circuit);
        record(&circuit, old, Failed, 0);
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || record(&other, one, Failed, TURNED), {
            let circuit = Arc::clone(&circuit);
            move || record(&circuit, two, Failed, TURNED)
        });
        let counts = counts(&circuit, TURNED);
        assert_eq!((counts.calls, counts.failures), (2, 2));
    });
}

#[test]
fn a_straggler_takes_nothing_from_what_replaced_its_bucket() {
    model(|| {
        let circuit = circuit(COUNTING, time_window());
        let [old, new] = entries(&circuit);
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || record(&other, old, Failed, 0), {
            let circuit = Arc::clone(&circuit);
            move || record(&circuit, new, Failed, TURNED)
        });
        let counts = counts(&circuit, TURNED);
        assert_eq!((counts.calls, counts.failures), (1, 1));
    });
}

/// These two results are recorded on one line, and both are counted.
fn both_counted(window: fn() -> Window, one: Outcome, two: Outcome) {
    model(move || {
        let circuit = circuit(COUNTING, window());
        let [first, second] = entries(&circuit);
        let other = Arc::clone(&circuit);
        race_on_one_stripe(move || record(&other, first, one, 0), {
            let circuit = Arc::clone(&circuit);
            move || record(&circuit, second, two, 0)
        });
        let bad = [one, two].into_iter().filter(|outcome| outcome.is_failure()).count() as u64;
        let counts = counts(&circuit, 0);
        assert_eq!((counts.calls, counts.failures + counts.throttled), (2, bad));
    });
}

#[test]
fn successes_on_one_line_are_both_in_a_count_window() {
    both_counted(count_window, Success, Success);
}

#[test]
fn a_failure_and_success_on_one_line_are_both_in_a_count_window() {
    both_counted(count_window, Failed, Success);
}

#[test]
fn successes_on_one_line_are_both_in_a_time_window() {
    both_counted(time_window, Success, Success);
}

#[test]
fn a_failure_and_throttled_call_are_both_in_a_time_window() {
    both_counted(time_window, Failed, throttled(0));
}

#[test]
fn two_throttled_calls_are_both_in_a_count_window() {
    both_counted(count_window, throttled(0), throttled(0));
}

#[test]
fn a_count_window_keeps_the_order_of_each_of_two_threads() {
    model(|| {
        let circuit = circuit(COUNTING, Window::Count(CountWindow::new(2, 2)));
        let [theirs, failed, passed] = entries(&circuit);
        let other = Arc::clone(&circuit);
        race(
            move || record(&other, theirs, Failed, 0),
            || {
                record(&circuit, failed, Failed, 0);
                record(&circuit, passed, Success, 0);
            },
        );
        // Wherever the other's failure came, one failure is among the last two.
        let counts = counts(&circuit, 0);
        assert_eq!((counts.calls, counts.failures), (2, 1));
    });
}

/// A reader beside a failure sees all of it or the calls of it.
fn no_failure_without_its_call(window: fn() -> Window) {
    model(move || {
        let circuit = circuit(COUNTING, window());
        let [entry] = entries(&circuit);
        let other = Arc::clone(&circuit);
        let (seen, _) = race(move || counts(&other, 0), || record(&circuit, entry, Failed, 0));
        assert!(seen.failures <= seen.calls);
    });
}

#[test]
fn nobody_sees_a_failure_without_its_call_in_a_count_window() {
    no_failure_without_its_call(count_window);
}

#[test]
fn nobody_sees_a_failure_without_its_call_in_a_time_window() {
    no_failure_without_its_call(time_window);
}

#[test]
fn nobody_sees_a_failure_of_a_shared_line_without_its_call() {
    model(|| {
        let circuit = circuit(COUNTING, time_window());
        let [entry] = entries(&circuit);
        let (writer, reader) = (Arc::clone(&circuit), Arc::clone(&circuit));
        let (_, seen) = race_on_one_stripe(move || record(&writer, entry, Failed, 0), move || counts(&reader, 0));
        assert!(seen.failures <= seen.calls);
    });
}
