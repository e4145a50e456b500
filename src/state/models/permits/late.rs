//! Claims about places that are late: each is given back once.

use std::task::Waker;

use loom::model;

use super::{LATE, START, full, has_entered, join, standing, take_back, wait, wait_until, wake};
use crate::state::models::{race, race_of_three};
use crate::state::permits::Joined;
use crate::sync::Arc;

#[test]
fn a_place_is_left_or_taken_back_once() {
    model(|| {
        let permits = full(2);
        let held = permits.hold(LATE);
        let other = Arc::clone(&permits);
        race(move || wake(other.leave_timed(held)), || permits.take_back(LATE));
        assert_eq!(standing(&permits), (1, 0));
        assert!(permits.try_enter() && !permits.try_enter());
    });
}

#[test]
fn two_take_one_place_back_once() {
    model(|| {
        let permits = full(2);
        permits.hold(LATE);
        let other = Arc::clone(&permits);
        let (one, two) = race(move || other.take_back(LATE), || permits.take_back(LATE));
        assert!(one != two);
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_place_that_is_left_or_taken_back_reaches_one_waiter() {
    model(|| {
        let permits = full(1);
        let held = permits.hold(LATE);
        let waiting = [(); 2].map(|()| wait(&permits, Waker::noop()));
        let other = Arc::clone(&permits);
        race(move || wake(other.leave_timed(held)), || take_back(&permits));
        assert_eq!(waiting.map(|ticket| permits.poll_entered(ticket, Waker::noop())), [true, false]);
        assert_eq!(standing(&permits), (1, 1));
    });
}

#[test]
fn one_that_joins_beside_one_that_takes_back_is_not_forgotten() {
    model(|| {
        let permits = full(1);
        permits.hold(LATE);
        let other = Arc::clone(&permits);
        let (_, joined) = race(move || take_back(&other), || join(&permits));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_waiter_has_the_place_that_it_saw_or_it_is_taken_back() {
    model(|| {
        let permits = full(1);
        let ticket = wait_until(&permits, Waker::noop(), LATE);
        assert!(wake(permits.leave()));
        let other = Arc::clone(&permits);
        let (taken, entered) = race(move || other.take_back(LATE), || permits.poll_entered(ticket, Waker::noop()));
        assert!(taken != entered);
        assert_eq!(standing(&permits), (usize::from(entered), 0));
    });
}

#[test]
fn a_waiter_that_goes_away_gives_back_what_is_still_its_own() {
    model(|| {
        let permits = full(1);
        let ticket = wait_until(&permits, Waker::noop(), LATE);
        assert!(wake(permits.leave()));
        let other = Arc::clone(&permits);
        race(move || other.take_back(LATE), || wake(permits.cancel(ticket)));
        assert_eq!(standing(&permits), (0, 0));
        assert!(permits.try_enter() && !permits.try_enter());
    });
}

#[test]
fn a_place_handed_over_is_taken_back_or_left_to_the_next() {
    model(|| {
        let permits = full(1);
        let (first, second) = (wait_until(&permits, Waker::noop(), LATE), wait(&permits, Waker::noop()));
        assert!(wake(permits.leave()));
        let other = Arc::clone(&permits);
        race(move || take_back(&other), || wake(permits.cancel(first)));
        assert!(permits.poll_entered(second, Waker::noop()));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn a_deadline_kept_beside_one_who_looks_is_seen_then_or_later() {
    model(|| {
        let permits = full(1);
        let other = Arc::clone(&permits);
        let (_, taken) = race(move || other.hold(LATE), || permits.take_back(LATE));
        assert!(taken != permits.take_back(LATE));
        assert_eq!(permits.in_flight(START), 0);
    });
}

#[test]
fn of_two_late_calls_on_two_threads_both_places_are_given_back() {
    model(|| {
        let permits = full(2);
        let (first, second) = (Arc::clone(&permits), Arc::clone(&permits));
        let hold_and_leave = move || {
            let held = first.hold(LATE);
            wake(first.leave_timed(held))
        };
        let (_, _, joined) = race_of_three(
            hold_and_leave,
            move || second.hold(LATE),
            || {
                take_back(&permits);
                join(&permits)
            },
        );
        take_back(&permits);
        assert!(joined == Joined::Entered || has_entered(&permits, joined));
        assert_eq!(permits.in_flight(LATE), 1);
    });
}
