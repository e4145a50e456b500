//! Claims about the last attempt.

use super::{attempts, plain, throttled};
use crate::outcome::Outcome;
use crate::state::attempts::Stop;
use crate::state::tests::backoff::{SECOND, TICK};
use crate::time::Nanos;

#[test]
fn a_transient_failure_is_worth_another_attempt() {
    assert_eq!(attempts(3, plain()).delay(1, Outcome::Transient), Ok(SECOND));
}

#[test]
fn a_throttled_call_without_a_hint_backs_off() {
    assert_eq!(attempts(3, plain()).delay(1, Outcome::Throttled { retry_after: None }), Ok(SECOND));
}

#[test]
fn every_other_outcome_stops() {
    for outcome in [Outcome::Success, Outcome::Failed, Outcome::Ignored] {
        assert_eq!(attempts(3, plain()).delay(1, outcome), Err(Stop::Outcome), "{outcome:?}");
    }
}

#[test]
fn an_outcome_that_stops_is_the_reason_at_the_last_attempt_too() {
    for outcome in [Outcome::Success, Outcome::Failed, Outcome::Ignored] {
        assert_eq!(attempts(3, plain()).delay(3, outcome), Err(Stop::Outcome), "{outcome:?}");
    }
}

#[test]
fn the_last_attempt_is_the_one_that_the_limit_says() {
    let attempts = attempts(3, plain());
    assert!(attempts.delay(2, Outcome::Transient).is_ok());
    assert_eq!(attempts.delay(3, Outcome::Transient), Err(Stop::MaxAttempts));
    assert_eq!(attempts.delay(4, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn a_throttled_call_has_no_more_attempts_than_another() {
    let attempts = attempts(3, plain());
    assert!(attempts.delay(2, throttled(TICK)).is_ok());
    assert_eq!(attempts.delay(3, throttled(TICK)), Err(Stop::MaxAttempts));
}

#[test]
fn one_attempt_never_retries() {
    assert_eq!(attempts(1, plain()).delay(1, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn the_greatest_number_of_attempts_is_kept_to() {
    let attempts = attempts(u32::MAX, plain());
    assert_eq!(attempts.delay(u32::MAX - 1, Outcome::Transient), Ok(Nanos(60 * SECOND.0)));
    assert_eq!(attempts.delay(u32::MAX, Outcome::Transient), Err(Stop::MaxAttempts));
}

#[test]
fn the_next_attempt_is_the_last_when_one_is_left() {
    let attempts = attempts(3, plain());
    assert_eq!([1, 2, 3].map(|made| attempts.is_last(made)), [false, true, true]);
}

#[test]
fn of_the_most_attempts_the_next_is_the_last_when_one_is_left() {
    let attempts = attempts(u32::MAX, plain());
    assert!(!attempts.is_last(u32::MAX - 2));
    assert!(attempts.is_last(u32::MAX - 1));
}

#[test]
fn each_reason_to_stop_has_a_name_of_its_own() {
    use Stop::{Budget, BudgetGate, Deadline, MaxAttempts, NoCopy, Outcome, Rejected, RetryAfter, RetryIf};

    let reasons = [Outcome, Rejected, MaxAttempts, RetryAfter, NoCopy, RetryIf, Deadline, Budget, BudgetGate];
    let names = [
        "outcome",
        "rejected",
        "max_attempts",
        "retry_after",
        "no_copy",
        "retry_if",
        "deadline",
        "budget",
        "budget_gate",
    ];
    assert_eq!(reasons.map(Stop::as_str), names);
}
