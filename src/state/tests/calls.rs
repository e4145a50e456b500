//! Claims about calls by how they ended.

use super::together;
use crate::outcome::Outcome;
use crate::state::calls::{Calls, Ended};
use crate::time::Nanos;

#[test]
fn an_outcome_is_how_its_call_ended() {
    let throttled = Outcome::Throttled { retry_after: None };
    let outcomes = [Outcome::Success, Outcome::Transient, Outcome::Failed, throttled, Outcome::Ignored];
    let ended = [Ended::Success, Ended::Failure, Ended::Failure, Ended::Throttled, Ended::Ignored];
    assert_eq!(outcomes.map(Ended::from), ended);
}

#[test]
fn each_way_to_end_counts_for_itself() {
    let calls = Calls::new();
    for (number, ended) in (1..).zip(Ended::ALL) {
        (0..number).for_each(|_| calls.begin());
        (0..number).for_each(|_| calls.end(ended, Nanos(number)));
    }
    let counts = Ended::ALL.map(|ended| (calls.of(ended).count(), calls.of(ended).sum().as_nanos()));
    assert_eq!(counts, [(1, 1), (2, 4), (3, 9), (4, 16), (5, 25), (6, 36)]);
    assert_eq!(calls.in_flight(), 0);
}

#[test]
fn a_call_that_ends_on_another_thread_is_not_in_flight() {
    let calls = Calls::new();
    calls.begin();
    calls.begin();
    std::thread::scope(|scope| scope.spawn(|| calls.end(Ended::Success, Nanos(1))).join().unwrap());
    assert_eq!(calls.in_flight(), 1);
}

#[test]
fn what_is_in_flight_is_read_while_calls_come_and_go() {
    let calls = Calls::new();
    together(1_000, |_| {
        calls.begin();
        assert!(calls.in_flight() >= 1, "its own");
        calls.end(Ended::Success, Nanos(1));
    });
    assert_eq!(calls.in_flight(), 0);
}
