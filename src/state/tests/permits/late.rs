//! Claims about calls that are late.

use std::task::Waker;

use super::{START, enter_all, full, grant_all, has_entered, rings, wait, wait_until, wake};
use crate::time::Nanos;

const UNTIL: Nanos = Nanos(7);
const JUST_BEFORE: Nanos = Nanos(6);

#[test]
fn a_call_is_late_from_its_deadline_on() {
    for (now, is_late) in [(JUST_BEFORE, false), (UNTIL, true), (Nanos(8), true)] {
        let permits = full(2);
        permits.hold(UNTIL);
        assert_eq!(permits.in_flight(now), if is_late { 1 } else { 2 });
        assert_eq!(permits.take_back(now), is_late);
        assert_eq!(permits.in_flight(now), if is_late { 1 } else { 2 });
        assert_eq!(permits.try_enter(), is_late);
    }
}

#[test]
fn a_place_is_taken_back_once() {
    let permits = full(2);
    permits.hold(UNTIL);
    assert!(permits.take_back(UNTIL) && !permits.take_back(UNTIL));
    assert_eq!(permits.in_flight(START), 1);
}

#[test]
fn a_late_call_frees_nothing_when_it_ends() {
    let permits = full(1);
    let held = permits.hold(UNTIL);
    assert!(permits.take_back(UNTIL) && permits.try_enter());
    assert!(!wake(permits.leave_timed(held)));
    assert_eq!(permits.in_flight(START), 1);
    assert!(!permits.try_enter());
}

#[test]
fn a_late_call_that_ends_before_anybody_looks_frees_its_place() {
    let permits = full(1);
    let held = permits.hold(UNTIL);
    assert!(!wake(permits.leave_timed(held)));
    assert!(!permits.take_back(UNTIL));
    assert_eq!((permits.in_flight(UNTIL), enter_all(&permits)), (0, 1));
}

#[test]
fn a_call_without_a_deadline_is_never_late() {
    let permits = full(1);
    let held = permits.hold(Nanos::MAX);
    assert!(!permits.take_back(Nanos(u64::MAX - 1)));
    assert!(!wake(permits.leave_timed(held)));
    assert!(permits.try_enter());
}

#[test]
fn an_earlier_deadline_that_comes_later_is_seen() {
    let permits = full(2);
    let _later = permits.hold(Nanos(9));
    let _earlier = permits.hold(UNTIL);
    assert!(permits.take_back(UNTIL));
    assert!(!permits.take_back(Nanos(8)));
    assert!(permits.take_back(Nanos(9)));
}

#[test]
fn a_slot_that_was_left_serves_the_next_call() {
    let permits = full(1);
    let first = permits.hold(UNTIL);
    assert!(!wake(permits.leave_timed(first)) && permits.try_enter());
    assert_eq!(permits.hold(UNTIL), first);
    assert!(permits.take_back(UNTIL));
    assert_eq!(permits.in_flight(START), 0);
}

#[test]
fn a_slot_is_its_calls_until_that_ends() {
    let permits = full(1);
    let late = permits.hold(UNTIL);
    assert!(permits.take_back(UNTIL) && permits.try_enter());
    let next = permits.hold(Nanos(9));
    assert_ne!(late, next);
    assert!(!wake(permits.leave_timed(late)));
    assert!(permits.take_back(Nanos(9)), "the late call took the next one's deadline");
}

#[test]
fn places_that_are_taken_back_go_to_the_first_who_wait() {
    let permits = full(2);
    permits.hold(UNTIL);
    permits.hold(UNTIL);
    let waiters = [(); 3].map(|()| wait(&permits));
    assert!(permits.take_back(UNTIL));
    assert!(!permits.try_enter(), "past the queue");
    assert_eq!(grant_all(&permits), 2);
    assert_eq!(waiters.map(|(ticket, _)| has_entered(&permits, ticket)), [true, true, false]);
}

#[test]
fn a_place_handed_over_is_taken_back_after_the_wait() {
    let permits = full(1);
    let (ticket, rung) = wait_until(&permits, UNTIL);
    assert!(wake(permits.leave()));
    assert!(!permits.take_back(JUST_BEFORE) && permits.take_back(UNTIL));
    assert_eq!((rings(&rung), permits.in_flight(START)), (1, 0));
    assert!(!has_entered(&permits, ticket));
    assert!(!wake(permits.cancel(ticket)), "it has nothing to give");
    assert_eq!((permits.in_flight(START), enter_all(&permits)), (0, 1));
}

#[test]
fn a_waiter_that_looked_in_time_keeps_its_place() {
    let permits = full(1);
    let (ticket, _rung) = wait_until(&permits, UNTIL);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, ticket));
    assert!(!permits.take_back(UNTIL));
    assert_eq!(permits.in_flight(UNTIL), 1);
}

#[test]
fn one_who_only_waits_has_nothing_to_be_taken_back() {
    let permits = full(1);
    let (ticket, _rung) = wait_until(&permits, UNTIL);
    assert!(!permits.take_back(UNTIL));
    assert_eq!((permits.in_flight(UNTIL), permits.queued()), (1, 1));
    assert!(!permits.poll_entered(ticket, Waker::noop()));
}
