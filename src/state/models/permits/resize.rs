//! Claims about a limit that changes.

use std::task::Waker;

use loom::model;

use super::{START, full, has_entered, join, resize, standing, wait, wake};
use crate::state::models::{race, race_of_three};
use crate::state::permits::Permits;
use crate::sync::Arc;

#[test]
fn a_resize_beside_a_newcomer_lets_in_no_more_than_the_limit() {
    model(|| {
        let permits = Arc::new(Permits::new(2));
        assert!(permits.try_enter());
        let other = Arc::clone(&permits);
        let (_, entered) = race(move || resize(&other, 1), || permits.try_enter());
        assert_eq!(permits.in_flight(START), 1 + usize::from(entered));
        assert!(!permits.try_enter());
    });
}

#[test]
fn a_place_made_by_growing_beside_one_that_joins_is_taken() {
    model(|| {
        let permits = Arc::new(Permits::new(0));
        let other = Arc::clone(&permits);
        let (_, joined) = race(move || resize(&other, 1), || join(&permits));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_place_grown_as_a_waiter_goes_away_reaches_the_next() {
    model(|| {
        let permits = full(1);
        let (first, second) = (wait(&permits, Waker::noop()), wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        race(move || resize(&other, 2), || wake(permits.cancel(first)));
        assert!(permits.poll_entered(second, Waker::noop()));
        assert_eq!(standing(&permits), (2, 0));
    });
}

#[test]
fn a_place_grown_and_a_place_left_go_to_two_waiters() {
    model(|| {
        let permits = full(1);
        let waiting = [(); 2].map(|()| wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        race(move || resize(&other, 2), || wake(permits.leave()));
        assert!(waiting.into_iter().all(|ticket| permits.poll_entered(ticket, Waker::noop())));
        assert_eq!(standing(&permits), (2, 0));
    });
}

#[test]
fn a_waiter_passed_over_by_shrinking_gets_the_next_place() {
    model(|| {
        let permits = full(2);
        let waiting = wait(&permits, Waker::noop());
        let other = Arc::clone(&permits);
        race(move || resize(&other, 1), || wake(permits.leave()));
        let entered = permits.poll_entered(waiting, Waker::noop());
        assert_eq!(standing(&permits), if entered { (2, 0) } else { (1, 1) });
        assert!(entered || wake(permits.leave()) && permits.poll_entered(waiting, Waker::noop()));
    });
}

#[test]
fn of_two_places_left_while_shrinking_to_one_one_is_handed_over() {
    model(|| {
        let permits = full(2);
        let [first, second] = [(); 2].map(|()| wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        let shrink = || {
            resize(&permits, 1);
            wake(permits.leave())
        };
        race(move || wake(other.leave()), shrink);
        assert!(permits.poll_entered(first, Waker::noop()) && !permits.poll_entered(second, Waker::noop()));
        assert_eq!(standing(&permits), (1, 1));
    });
}

#[test]
fn a_limit_that_shrinks_beside_one_that_leaves_is_kept() {
    model(|| {
        let permits = full(2);
        let (leaving, other) = (Arc::clone(&permits), Arc::clone(&permits));
        let (_, (), entered) =
            race_of_three(move || wake(leaving.leave()), move || resize(&other, 1), || permits.try_enter());
        assert_eq!((permits.in_flight(START), permits.limit()), (1 + usize::from(entered), 1));
        assert!(!permits.try_enter());
    });
}

#[test]
fn a_newcomer_beside_growth_passes_nobody_who_waits() {
    model(|| {
        let permits = full(1);
        let waiting = wait(&permits, Waker::noop());
        let other = Arc::clone(&permits);
        let (passed, ()) = race(move || other.try_enter(), || resize(&permits, 2));
        assert!(!passed);
        assert!(permits.poll_entered(waiting, Waker::noop()));
    });
}

#[test]
fn two_that_grow_leave_nobody_waiting_for_a_place_that_is_free() {
    model(|| {
        let permits = full(1);
        let waiting = wait(&permits, Waker::noop());
        let other = Arc::clone(&permits);
        race(move || resize(&other, 2), || resize(&permits, 3));
        assert!(permits.poll_entered(waiting, Waker::noop()));
        assert_eq!(standing(&permits), (2, 0));
    });
}
