//! Claims about waiters who go away.

use std::task::Waker;

use super::{START, full, grant_all, has_entered, rings, wait, wake};
use crate::state::permits::Joined;
use crate::time::Nanos;

#[test]
fn the_last_waiter_who_goes_away_opens_the_way() {
    let permits = full(2);
    let (ticket, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(ticket)));
    assert_eq!((permits.in_flight(START), permits.queued()), (2, 0));
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}

#[test]
fn a_waiter_who_goes_away_leaves_the_queue_to_the_others() {
    let permits = full(1);
    let (first, gone) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(!wake(permits.cancel(first)));
    permits.resize(2);
    assert!(!permits.try_enter(), "past the queue");
    assert_eq!(grant_all(&permits), 1);
    assert_eq!((rings(&gone), rings(&rung)), (0, 1));
    assert!(has_entered(&permits, second));
}

#[test]
fn one_who_goes_away_from_the_middle_is_passed_over() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, _rung) = wait(&permits);
    let (third, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(second)));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, first) && !has_entered(&permits, third));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, third));
}

#[test]
fn one_who_goes_away_makes_room_in_the_queue() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(!wake(permits.cancel(ticket)));
    assert!(matches!(permits.join(1, Waker::noop().clone(), Nanos::MAX), Joined::Waiting(_)));
}

#[test]
fn a_waiter_who_goes_away_with_a_place_hands_it_on() {
    let permits = full(1);
    let (first, _rung) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(wake(permits.cancel(first)));
    assert_eq!(rings(&rung), 1);
    assert!(has_entered(&permits, second));
    assert_eq!((permits.in_flight(START), permits.queued()), (1, 0));
}

#[test]
fn the_last_waiter_who_goes_away_with_a_place_frees_it() {
    let permits = full(1);
    let (ticket, _rung) = wait(&permits);
    assert!(wake(permits.leave()));
    assert!(!wake(permits.cancel(ticket)));
    assert_eq!(permits.in_flight(START), 0);
    assert!(permits.try_enter());
}

#[test]
fn a_waiter_who_goes_away_with_a_place_too_many_hands_none_on() {
    let permits = full(2);
    let (first, _rung) = wait(&permits);
    let (second, rung) = wait(&permits);
    assert!(wake(permits.leave()));
    permits.resize(1);
    assert!(!wake(permits.cancel(first)));
    assert_eq!((permits.in_flight(START), permits.queued(), rings(&rung)), (1, 1, 0));
    assert!(!has_entered(&permits, second));
}

#[test]
fn every_waiter_in_turn_may_go_away_with_the_place() {
    let permits = full(1);
    let waiters: Vec<_> = (0..10).map(|_| wait(&permits)).collect();
    assert!(wake(permits.leave()));
    let (last, others) = waiters.split_last().unwrap();
    assert!(others.iter().all(|(ticket, _)| wake(permits.cancel(*ticket))));
    assert!(has_entered(&permits, last.0));
    assert_eq!(permits.in_flight(START), 1);
}
