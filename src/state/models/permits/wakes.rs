//! Claims about who is woken.

use std::task::Waker;

use loom::model;

use super::{full, resize, wait, wake};
use crate::state::models::{Wakes, race};
use crate::sync::Arc;

#[test]
fn a_look_sees_the_place_handed_over_or_the_last_waker_is_woken() {
    model(|| {
        let permits = full(1);
        let ((old, first), (new, last)) = (Wakes::new(), Wakes::new());
        let ticket = wait(&permits, &first);
        let other = Arc::clone(&permits);
        let (_, entered) = race(move || wake(other.leave()), || permits.poll_entered(ticket, &last));
        assert_eq!((old.count(), new.count()), if entered { (1, 0) } else { (0, 1) });
        assert!(entered || permits.poll_entered(ticket, &last));
    });
}

#[test]
fn a_place_that_passes_a_waiter_that_goes_away_wakes_the_next() {
    model(|| {
        let permits = full(1);
        let (wakes, waker) = Wakes::new();
        let (first, second) = (wait(&permits, Waker::noop()), wait(&permits, &waker));
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.cancel(first)));
        assert_eq!(wakes.count(), 1);
        assert!(permits.poll_entered(second, &waker));
    });
}

#[test]
fn two_that_leave_wake_two() {
    model(|| {
        let permits = full(2);
        let ((one, first), (two, second)) = (Wakes::new(), Wakes::new());
        wait(&permits, &first);
        wait(&permits, &second);
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.leave()));
        assert_eq!((one.count(), two.count()), (1, 1));
    });
}

#[test]
fn growing_beside_one_that_leaves_wakes_each_waiter_once() {
    model(|| {
        let permits = full(1);
        let ((one, first), (two, second)) = (Wakes::new(), Wakes::new());
        wait(&permits, &first);
        wait(&permits, &second);
        let other = Arc::clone(&permits);
        race(move || resize(&other, 2), || wake(permits.leave()));
        assert_eq!((one.count(), two.count()), (1, 1));
    });
}
