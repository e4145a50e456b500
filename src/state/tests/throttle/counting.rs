//! What counts as a request, and what as an accept.

use super::*;
use crate::outcome::Outcome::{Ignored, Throttled, Transient};
use crate::state::criticality::Criticality::Sheddable;

#[test]
fn an_outcome_is_a_request_and_an_accept_or_nothing() {
    for (outcome, counted) in [
        (Success, (1, 1)),
        (Transient, (1, 0)),
        (Throttled { retry_after: None }, (1, 0)),
        (Throttled { retry_after: Some(std::time::Duration::MAX) }, (1, 0)),
        (Failed, (1, 0)),
        (Ignored, (0, 0)),
    ] {
        let throttle = throttle();
        throttle.end(outcome, 0);
        assert_eq!(throttle.counted(0), counted, "{outcome:?}");
    }
}

/// Counted when they come, 79 % of these would be rejected.
#[test]
fn calls_in_flight_reject_nothing() {
    let throttle = throttle();
    let (passed, told) = throttle.enter_many(100, 0);
    assert_eq!((passed, told, throttle.counted(0)), (100, Vec::new(), (0, 0)));
    throttle.end_many(Success, 100, 50);
    assert_eq!(throttle.enter_many(100, 50).0, 100);
}

#[test]
fn a_call_that_is_rejected_here_is_a_request() {
    let throttle = throttle();
    throttle.end_many(Failed, 50, 0);
    let (passed, _) = throttle.enter_many(100, 0);
    let rejected = 100 - passed as u64;
    assert!(rejected > 80, "{rejected} of 100 at 0.95");
    assert_eq!((throttle.counted(0), throttle.view(Critical, Nanos(0)).rejected), ((50 + rejected, 0), rejected));
}

#[test]
fn one_lone_failure_rejects_half_of_the_calls() {
    let throttle = throttle();
    throttle.end(Failed, 0);
    assert_eq!(throttle.probability(0), 0.5);
}

#[test]
fn a_window_without_calls_rejects_nothing() {
    let throttle = throttle();
    throttle.end_many(Failed, 100, BUCKET - 1);
    assert_eq!(throttle.probability(WINDOW - 1), 0.95);
    assert_eq!(throttle.probability(WINDOW), 0.0);
    assert_eq!(throttle.enter_many(100, WINDOW), (100, Vec::new()));
}

#[test]
fn a_class_is_judged_by_its_own_calls() {
    let throttle = throttle();
    (0..100).for_each(|_| throttle.exit(Sheddable, Failed, Nanos(0)));
    throttle.end_many(Success, 100, 0);
    assert_eq!((throttle.view(Sheddable, Nanos(0)).probability, throttle.probability(0)), (0.95, 0.0));
    assert_eq!(throttle.enter_many(100, 0).0, 100);
}

#[test]
fn a_fork_has_counted_nothing() {
    let throttle = throttle();
    throttle.end_many(Failed, 100, 0);
    let fork = throttle.fork();
    assert_eq!((fork.counted(0), fork.rules()), ((0, 0), K_OF_2));
    assert_eq!(fork.enter_many(10, 0).0, 10);
}

#[test]
fn a_window_may_be_as_long_as_time() {
    let throttle = Throttle::new(K_OF_2, Nanos::MAX, 1, 7);
    throttle.end(Failed, 0);
    throttle.end(Failed, u64::MAX - 1);
    assert_eq!(throttle.counted(u64::MAX - 1), (2, 0));
}
