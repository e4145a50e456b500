//! Claims about those who wait.

use std::task::Waker;

use super::{START, full, has_entered, rings, wait, wake};
use crate::state::permits::Joined;
use crate::time::Nanos;

#[test]
fn a_queue_of_none_refuses_at_once() {
    let permits = full(1);
    assert_eq!(permits.join(0, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert_eq!(permits.queued(), 0);
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter(), "one who was refused is not waited for");
}

#[test]
fn the_queue_holds_exactly_as_many_as_it_may() {
    let permits = full(1);
    assert!(matches!(permits.join(2, Waker::noop().clone(), Nanos::MAX), Joined::Waiting(_)));
    assert!(matches!(permits.join(2, Waker::noop().clone(), Nanos::MAX), Joined::Waiting(_)));
    assert_eq!(permits.join(2, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert_eq!(permits.queued(), 2);
}

#[test]
fn a_shorter_queue_refuses_those_to_come_only() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (_second, _rung) = wait(&permits);
    assert_eq!(permits.join(1, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert_eq!(permits.queued(), 2);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first));
}

#[test]
fn one_who_waits_has_not_entered() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(!has_entered(&permits, ticket));
    assert_eq!(rings(&rung), 0);
    assert_eq!(permits.in_flight(START), 1);
}

#[test]
fn a_place_that_is_left_goes_to_the_one_who_waits() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(START), permits.queued()), (1, 0));
}

#[test]
fn places_go_to_waiters_in_the_order_in_which_they_came() {
    let permits = full(1);
    let waiters: Vec<_> = (0..20).map(|_| wait(&permits)).collect();
    for (served, (ticket, rung)) in waiters.iter().enumerate() {
        assert!(wake(permits.leave()));
        assert_eq!(rings(rung), 1);
        assert!(has_entered(&permits, *ticket));
        assert!(waiters[served + 1..].iter().all(|(_, later)| rings(later) == 0));
    }
}

#[test]
fn polling_does_not_lose_the_turn() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, _rung) = wait(&permits);
    assert!(!has_entered(&permits, first));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first));
    assert!(!has_entered(&permits, second));
}

#[test]
fn a_place_that_was_handed_over_is_nobody_elses() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!permits.try_enter());
    assert_eq!(permits.join(0, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn nobody_enters_past_the_queue() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    permits.resize(2);
    assert!(!permits.try_enter());
    assert!(matches!(permits.join(2, Waker::noop().clone(), Nanos::MAX), Joined::Waiting(_)));
    assert_eq!(permits.join(2, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert_eq!(permits.in_flight(START), 1);
}

#[test]
fn nobody_enters_past_those_who_still_wait_after_one_was_served() {
    let permits = full(1);
    let (_first, _rung) = wait(&permits);
    let (_second, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    permits.resize(5);
    assert!(!permits.try_enter());
}

#[test]
fn once_the_queue_is_served_anybody_enters_again() {
    let permits = full(2);
    let (_ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}
