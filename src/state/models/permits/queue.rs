//! Claims about those who wait: nobody sleeps while a place is free.

use std::task::Waker;

use loom::model;

use super::{full, has_entered, join, standing, wait, wake};
use crate::state::models::{race, race_of_three};
use crate::state::permits::{Joined, Permits};
use crate::sync::Arc;
use crate::time::Nanos;

#[test]
fn nobody_waits_while_a_place_is_free() {
    model(|| {
        let permits = full(1);
        let other = Arc::clone(&permits);
        let (_, joined) = race(move || wake(other.leave()), || join(&permits));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
        assert!(!wake(permits.leave()) && permits.try_enter());
    });
}

#[test]
fn two_that_wait_get_the_places_of_two_that_leave() {
    model(|| {
        let permits = full(2);
        let waiting = [(); 2].map(|()| wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.leave()));
        assert!(waiting.into_iter().all(|ticket| permits.poll_entered(ticket, Waker::noop())));
        assert_eq!(standing(&permits), (2, 0));
    });
}

#[test]
fn one_that_joins_beside_two_that_leave_gets_a_place() {
    model(|| {
        let permits = full(2);
        let (first, second) = (Arc::clone(&permits), Arc::clone(&permits));
        let (_, _, joined) =
            race_of_three(move || wake(first.leave()), move || wake(second.leave()), || join(&permits));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_place_that_is_waited_for_goes_to_nobody_who_comes_later() {
    model(|| {
        let permits = full(1);
        let waiting = wait(&permits, Waker::noop());
        let other = Arc::clone(&permits);
        let (passed, _) = race(move || other.try_enter(), || wake(permits.leave()));
        assert!(!passed);
        assert!(permits.poll_entered(waiting, Waker::noop()));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_place_handed_to_a_waiter_that_goes_away_reaches_the_next() {
    model(|| {
        let permits = full(1);
        let (first, second) = (wait(&permits, Waker::noop()), wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.cancel(first)));
        assert!(permits.poll_entered(second, Waker::noop()));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_place_handed_to_one_of_two_that_go_away_is_free() {
    model(|| {
        let permits = full(1);
        let (one, two) = (wait(&permits, Waker::noop()), wait(&permits, Waker::noop()));
        let (first, second) = (Arc::clone(&permits), Arc::clone(&permits));
        race_of_three(move || wake(first.cancel(one)), move || wake(second.cancel(two)), || wake(permits.leave()));
        assert_eq!(standing(&permits), (0, 0));
        assert!(permits.try_enter());
    });
}

#[test]
fn a_place_of_a_waiter_that_goes_away_reaches_one_that_joins() {
    model(|| {
        let permits = full(1);
        let first = wait(&permits, Waker::noop());
        let (leaving, going) = (Arc::clone(&permits), Arc::clone(&permits));
        let (_, _, joined) =
            race_of_three(move || wake(leaving.leave()), move || wake(going.cancel(first)), || join(&permits));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn one_that_joins_as_the_last_goes_away_is_not_forgotten() {
    model(|| {
        let permits = full(1);
        let first = wait(&permits, Waker::noop());
        let other = Arc::clone(&permits);
        let (_, joined) = race(move || wake(other.cancel(first)), || join(&permits));
        assert_eq!(standing(&permits), (1, 1));
        assert!(wake(permits.leave()) && has_entered(&permits, joined));
    });
}

#[test]
fn the_last_seat_in_the_queue_goes_to_one() {
    model(|| {
        let permits = full(1);
        let last = |permits: &Permits| permits.join(1, Waker::noop().clone(), Nanos::MAX) != Joined::QueueFull;
        let other = Arc::clone(&permits);
        let (one, two) = race(move || last(&other), || last(&permits));
        assert!(one != two);
        assert_eq!(standing(&permits), (1, 1));
    });
}
