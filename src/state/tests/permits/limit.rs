//! Claims about how many enter.

use std::task::Waker;

use super::{START, enter_all, full, wake};
use crate::state::permits::{Joined, Permits};
use crate::time::Nanos;

#[test]
fn as_many_enter_as_the_limit_says() {
    let permits = Permits::new(3);
    assert_eq!(enter_all(&permits), 3);
    assert_eq!(permits.in_flight(START), 3);
}

#[test]
fn a_limit_of_zero_lets_nobody_in() {
    let permits = Permits::new(0);
    assert!(!permits.try_enter());
    assert_eq!(permits.join(0, Waker::noop().clone(), Nanos::MAX), Joined::QueueFull);
    assert_eq!(permits.in_flight(START), 0);
}

#[test]
fn a_limit_of_one_lets_one_in_at_a_time() {
    let permits = full(1);
    assert!(!permits.try_enter());
    assert!(!wake(permits.leave()));
    assert!(permits.try_enter());
}

#[test]
fn the_greatest_limit_lets_everybody_in() {
    let permits = Permits::new(usize::MAX);
    assert_eq!(enter_all(&permits), 100);
    assert_eq!(permits.limit(), usize::MAX);
}

#[test]
fn a_limit_below_two_to_the_29_less_one_is_told_as_it_is() {
    let most = (1 << 29) - 1;
    assert_eq!(Permits::new(most - 1).limit(), most - 1);
    assert_eq!(Permits::new(most).limit(), usize::MAX);
    assert_eq!(Permits::new(most + 1).limit(), usize::MAX);
}

#[test]
fn a_place_that_was_left_can_be_taken_again() {
    let permits = full(2);
    assert!(!wake(permits.leave()));
    assert_eq!(permits.in_flight(START), 1);
    assert_eq!(enter_all(&permits), 1);
}

#[test]
fn join_enters_at_once_while_there_is_room() {
    let permits = Permits::new(1);
    assert_eq!(permits.join(0, Waker::noop().clone(), Nanos::MAX), Joined::Entered);
    assert_eq!((permits.in_flight(START), permits.queued()), (1, 0));
}
