//! Claims about how many are in flight.

use loom::model;

use super::{START, full, has_entered, join, standing, wake};
use crate::state::models::{race, race_of_three};
use crate::state::permits::{Joined, Permits};
use crate::sync::{Arc, AtomicU64, Ordering};

#[test]
fn one_place_is_taken_by_one() {
    model(|| {
        let permits = Arc::new(Permits::new(1));
        let other = Arc::clone(&permits);
        let (one, two) = race(move || other.try_enter(), || permits.try_enter());
        assert!(one != two);
        assert_eq!(permits.in_flight(START), 1);
    });
}

#[test]
fn two_places_are_taken_by_two_of_three() {
    model(|| {
        let permits = Arc::new(Permits::new(2));
        let (first, second) = (Arc::clone(&permits), Arc::clone(&permits));
        let (one, two, three) =
            race_of_three(move || first.try_enter(), move || second.try_enter(), || permits.try_enter());
        assert_eq!([one, two, three].into_iter().filter(|entered| *entered).count(), 2);
        assert_eq!(permits.in_flight(START), 2);
    });
}

#[test]
fn one_place_is_taken_by_one_whether_it_would_wait_or_not() {
    model(|| {
        let permits = Arc::new(Permits::new(1));
        let (first, second) = (Arc::clone(&permits), Arc::clone(&permits));
        let (one, two, three) = race_of_three(move || join(&first), move || join(&second), || permits.try_enter());
        assert_eq!([one == Joined::Entered, two == Joined::Entered, three].map(usize::from).iter().sum::<usize>(), 1);
        assert_eq!(standing(&permits), (1, 1 + usize::from(three)));
    });
}

#[test]
fn two_that_leave_give_back_two_places() {
    model(|| {
        let permits = full(2);
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.leave()));
        assert_eq!(permits.in_flight(START), 0);
    });
}

#[test]
fn no_more_are_in_a_place_at_once_than_the_limit() {
    model(|| {
        let (permits, inside) = (Arc::new(Permits::new(1)), Arc::new(AtomicU64::new(0)));
        let visit = |permits: &Permits, inside: &AtomicU64| {
            if permits.try_enter() {
                assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                inside.fetch_sub(1, Ordering::Relaxed);
                wake(permits.leave());
            }
        };
        let (other, theirs) = (Arc::clone(&permits), Arc::clone(&inside));
        race(move || visit(&other, &theirs), || visit(&permits, &inside));
        assert_eq!(standing(&permits), (0, 0));
    });
}

#[test]
fn who_takes_a_place_sees_what_was_done_in_it_before() {
    model(|| {
        let (permits, done) = (full(1), Arc::new(AtomicU64::new(0)));
        let (other, theirs) = (Arc::clone(&permits), Arc::clone(&done));
        let leaver = move || {
            theirs.store(1, Ordering::Relaxed);
            wake(other.leave())
        };
        let (_, seen) = race(leaver, || permits.try_enter().then(|| done.load(Ordering::Relaxed)));
        assert!(seen.is_none_or(|seen| seen == 1));
    });
}

#[test]
fn who_waited_for_a_place_sees_what_was_done_in_it_before() {
    model(|| {
        let (permits, done) = (full(1), Arc::new(AtomicU64::new(0)));
        let (other, theirs) = (Arc::clone(&permits), Arc::clone(&done));
        let leaver = move || {
            theirs.store(1, Ordering::Relaxed);
            wake(other.leave())
        };
        let joiner = || {
            let joined = join(&permits);
            has_entered(&permits, joined).then(|| done.load(Ordering::Relaxed))
        };
        let (_, seen) = race(leaver, joiner);
        assert!(seen.is_none_or(|seen| seen == 1));
    });
}
