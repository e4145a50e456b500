//! Claims about the places of a bulkhead.

use std::task::Waker;

use loom::model;

use super::race;
use crate::{
    state::permits::{Joined, Permits},
    sync::Arc,
};

#[test]
fn one_place_is_taken_by_one() {
    model(|| {
        let permits = Arc::new(Permits::new(1));
        let other = Arc::clone(&permits);
        let (one, two) = race(move || other.try_enter(), || permits.try_enter());
        assert!(one != two);
        assert_eq!(permits.in_flight(), 1);
    });
}

#[test]
fn nobody_waits_while_a_place_is_free() {
    model(|| {
        let permits = Arc::new(Permits::new(1));
        assert!(permits.try_enter());
        let other = Arc::clone(&permits);
        let (_, joined) = race(move || drop(other.leave()), || permits.join(1, Waker::noop().clone()));
        match joined {
            Joined::Entered => {}
            Joined::Waiting(ticket) => assert!(permits.poll_entered(ticket, Waker::noop())),
            Joined::QueueFull => panic!("the queue was empty"),
        }
        assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
    });
}

#[test]
fn a_place_handed_to_a_waiter_that_goes_away_reaches_the_next() {
    model(|| {
        let permits = Arc::new(Permits::new(1));
        assert!(permits.try_enter());
        let Joined::Waiting(first) = permits.join(2, Waker::noop().clone()) else { panic!() };
        let Joined::Waiting(second) = permits.join(2, Waker::noop().clone()) else { panic!() };
        let other = Arc::clone(&permits);
        race(move || drop(other.leave()), || drop(permits.cancel(first)));
        assert!(permits.poll_entered(second, Waker::noop()));
        assert_eq!((permits.in_flight(), permits.queued()), (1, 0));
    });
}

#[test]
fn a_resize_beside_a_newcomer_lets_in_no_more_than_the_limit() {
    model(|| {
        let permits = Arc::new(Permits::new(2));
        assert!(permits.try_enter());
        let other = Arc::clone(&permits);
        let (_, entered) = race(move || other.resize(1), || permits.try_enter());
        assert_eq!(permits.in_flight(), 1 + usize::from(entered));
        assert!(!permits.try_enter());
    });
}

#[test]
fn a_place_made_by_growing_beside_one_that_joins_is_taken() {
    model(|| {
        let permits = Arc::new(Permits::new(0));
        let other = Arc::clone(&permits);
        let (_, joined) = race(
            move || {
                other.resize(1);
                drop(other.grant());
            },
            || permits.join(1, Waker::noop().clone()),
        );
        match joined {
            Joined::Waiting(ticket) => assert!(permits.poll_entered(ticket, Waker::noop())),
            joined => assert_eq!(joined, Joined::Entered),
        }
    });
}
