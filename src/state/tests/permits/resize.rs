//! Claims about a limit that changes.

use super::{START, enter_all, full, grant_all, has_entered, rings, wait, wake};
use crate::state::permits::Permits;

#[test]
fn a_resize_leaves_those_in_flight_as_they_are() {
    let permits = full(2);
    for limit in [usize::MAX, 0, 1, 7] {
        permits.resize(limit);
        assert_eq!((permits.limit(), permits.in_flight(START)), (limit, 2));
    }
}

#[test]
fn a_resize_leaves_those_who_wait_as_they_are() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    for limit in [usize::MAX, 0, 1, 7] {
        permits.resize(limit);
        assert_eq!(permits.queued(), 1);
        assert!(!permits.try_enter(), "past the queue");
    }
}

#[test]
fn one_who_waits_at_a_limit_of_zero_enters_when_it_grows() {
    let permits = Permits::new(0);
    let (ticket, rung) = wait(&permits);
    assert!(!wake(permits.grant()));
    permits.resize(1);
    assert_eq!(grant_all(&permits), 1);
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn growing_wakes_as_many_as_fit() {
    let permits = full(1);
    let waiters: Vec<_> = (0..5).map(|_| wait(&permits)).collect();
    permits.resize(4);
    assert_eq!(grant_all(&permits), 3);
    let entered: Vec<_> = waiters.iter().map(|(ticket, _)| has_entered(&permits, *ticket)).collect();
    assert_eq!(entered, [true, true, true, false, false]);
    assert_eq!((permits.in_flight(START), permits.queued()), (4, 2));
}

#[test]
fn growing_past_the_queue_leaves_room_for_others() {
    let permits = full(1);
    let (_ticket, _rung) = wait(&permits);
    permits.resize(4);
    assert_eq!(grant_all(&permits), 1);
    assert_eq!(enter_all(&permits), 2);
}

#[test]
fn growing_to_the_greatest_limit_wakes_everybody() {
    let permits = full(1);
    let waiters: Vec<_> = (0..50).map(|_| wait(&permits)).collect();
    permits.resize(usize::MAX);
    assert_eq!(grant_all(&permits), 50);
    assert!(waiters.iter().all(|(ticket, rung)| has_entered(&permits, *ticket) && rings(rung) == 1));
}

#[test]
fn shrinking_waits_until_enough_have_left() {
    let permits = full(3);
    permits.resize(1);
    assert_eq!(permits.in_flight(START), 3);
    for _ in 0..2 {
        assert!(!wake(permits.leave()));
        assert!(!permits.try_enter());
    }
    assert!(!wake(permits.leave()));
    assert_eq!(enter_all(&permits), 1);
}

#[test]
fn shrinking_hands_nothing_over_until_enough_have_left() {
    let permits = full(3);
    let (ticket, rung) = wait(&permits);
    permits.resize(1);
    assert!(!wake(permits.leave()));
    assert!(!wake(permits.leave()));
    assert_eq!(rings(&rung), 0);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(START), permits.queued()), (1, 0));
}

#[test]
fn shrinking_to_zero_keeps_the_queue_for_later() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    permits.resize(0);
    assert!(!wake(permits.leave()));
    assert_eq!((permits.in_flight(START), permits.queued()), (0, 1));
    permits.resize(1);
    assert!(!permits.try_enter(), "past the queue");
    assert_eq!(grant_all(&permits), 1);
    assert!(has_entered(&permits, ticket));
}

#[test]
fn nothing_is_granted_where_nobody_waits() {
    let permits = Permits::new(1);
    assert!(!wake(permits.grant()));
    assert_eq!(permits.in_flight(START), 0);
}

#[test]
fn nothing_is_granted_where_no_place_is_free() {
    let permits = full(1);
    let (ticket, rung) = wait(&permits);
    assert!(!wake(permits.grant()));
    assert!(!has_entered(&permits, ticket));
    assert_eq!((permits.in_flight(START), permits.queued(), rings(&rung)), (1, 1, 0));
}
