//! Claims about calls that matter more or less: nobody sleeps while its share is free, and one is pushed out once.

use std::task::Waker;

use loom::model;

use Criticality::{Critical, CriticalPlus, Sheddable};

use super::{full, has_entered, resize, standing, wake};
use crate::state::criticality::Criticality;
use crate::state::models::{Wakes, model_of_many, race, race_of_three};
use crate::state::permits::{Joined, Permits, Seen, Shares, Ticket};
use crate::sync::Arc;
use crate::time::Nanos;

/// Places, so many taken. Sheddable calls may fill half of them.
fn shared(limit: usize, taken: usize) -> Arc<Permits> {
    let permits = Permits::shared(limit, Shares::new([0.5, 0.5, 1.0, 1.0]));
    assert!((0..taken).all(|_| permits.try_enter()));
    Arc::new(permits)
}

/// Joins a queue, and wakes who is pushed out of it. Returns also whether there was one.
fn join_as(permits: &Permits, class: Criticality, max_queue: usize) -> (Joined, bool) {
    let (joined, pushed_out) = permits.join_as(class, max_queue, Waker::noop().clone(), Nanos::MAX);
    (joined, wake(pushed_out))
}

fn wait_as(permits: &Permits, class: Criticality, waker: &Waker) -> Ticket {
    match permits.join_as(class, 9, waker.clone(), Nanos::MAX) {
        (Joined::Waiting(ticket), None) => ticket,
        joined => panic!("{joined:?}, where it had to wait"),
    }
}

fn look(permits: &Permits, ticket: Ticket) -> Seen {
    permits.look(ticket, Waker::noop())
}

#[test]
fn the_last_place_of_a_share_is_taken_by_one() {
    model(|| {
        let permits = shared(2, 0);
        let other = Arc::clone(&permits);
        let (one, two) = race(move || other.try_enter_as(Sheddable), || permits.try_enter_as(Sheddable));
        assert!(one != two);
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn nobody_waits_while_its_share_is_free() {
    model(|| {
        let permits = shared(2, 1);
        let other = Arc::clone(&permits);
        let (_, (joined, _)) = race(move || wake(other.leave()), || join_as(&permits, Sheddable, 9));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn one_who_waits_for_its_share_enters_when_the_last_of_two_leaves() {
    model(|| {
        let permits = shared(2, 2);
        let waiting = wait_as(&permits, Sheddable, Waker::noop());
        let other = Arc::clone(&permits);
        race(move || wake(other.leave()), || wake(permits.leave()));
        assert_eq!((look(&permits, waiting), standing(&permits)), (Seen::Entered, (1, 0)));
    });
}

#[test]
fn a_higher_class_that_passes_leaves_the_share_to_who_waits() {
    model_of_many(|| {
        let permits = shared(2, 1);
        let (leaving, joining) = (Arc::clone(&permits), Arc::clone(&permits));
        let (_, (joined, _), passed) = race_of_three(
            move || wake(leaving.leave()),
            move || join_as(&joining, Sheddable, 9),
            || permits.try_enter_as(Critical),
        );
        assert!(passed, "a place was free");
        let entered = has_entered(&permits, joined);
        assert!(entered || wake(permits.leave()) && has_entered(&permits, joined));
    });
}

#[test]
fn two_of_two_classes_who_join_each_get_their_turn() {
    model_of_many(|| {
        let permits = full(1);
        let (one, two) = (Arc::clone(&permits), Arc::clone(&permits));
        let ((low, _), (high, _), _) = race_of_three(
            move || join_as(&one, Sheddable, 9),
            move || join_as(&two, Critical, 9),
            || wake(permits.leave()),
        );
        let entered = [low, high].map(|joined| has_entered(&permits, joined));
        assert!(entered[0] != entered[1]);
        assert!(wake(permits.leave()));
        assert!(has_entered(&permits, if entered[0] { high } else { low }));
        assert_eq!(standing(&permits), (1, 0));
    });
}

#[test]
fn one_beside_a_higher_class_enters_waits_or_is_pushed_out_once() {
    model(|| {
        let permits = full(1);
        let (wakes, waker) = Wakes::new();
        let sheddable = wait_as(&permits, Sheddable, &waker);
        let other = Arc::clone(&permits);
        let (_, (joined, pushed_out)) = race(move || wake(other.leave()), || join_as(&permits, Critical, 1));
        let seen = look(&permits, sheddable);
        assert_eq!((pushed_out, wakes.count()), (seen == Seen::Lost, usize::from(seen != Seen::Waiting)));
        assert_eq!(has_entered(&permits, joined), seen != Seen::Entered);
        assert_eq!(standing(&permits), (1, usize::from(seen != Seen::Lost)));
    });
}

#[test]
fn one_that_goes_away_as_it_is_pushed_out_gives_back_nothing() {
    model(|| {
        let permits = full(1);
        let sheddable = wait_as(&permits, Sheddable, Waker::noop());
        let other = Arc::clone(&permits);
        let (handed_on, (joined, _)) = race(move || wake(other.cancel(sheddable)), || join_as(&permits, Critical, 1));
        assert!(!handed_on);
        assert_eq!(standing(&permits), (1, 1));
        assert!(wake(permits.leave()) && has_entered(&permits, joined));
    });
}

#[test]
fn one_seat_is_pushed_free_for_one() {
    model(|| {
        let permits = full(1);
        wait_as(&permits, Sheddable, Waker::noop());
        let other = Arc::clone(&permits);
        let ((one, _), (two, _)) = race(move || join_as(&other, Critical, 1), || join_as(&permits, Critical, 1));
        assert!((one == Joined::QueueFull) != (two == Joined::QueueFull));
        assert_eq!(standing(&permits), (1, 1));
    });
}

#[test]
fn who_pushes_out_one_that_pushed_out_another_is_the_one_who_waits() {
    model(|| {
        let permits = full(1);
        wait_as(&permits, Sheddable, Waker::noop());
        let other = Arc::clone(&permits);
        let (_, (highest, _)) = race(move || join_as(&other, Critical, 1), || join_as(&permits, CriticalPlus, 1));
        assert_eq!(standing(&permits), (1, 1));
        assert!(wake(permits.leave()) && has_entered(&permits, highest));
    });
}

#[test]
fn a_share_that_grows_beside_one_that_joins_is_filled() {
    model(|| {
        let permits = shared(2, 1);
        let other = Arc::clone(&permits);
        let (_, (joined, _)) = race(move || resize(&other, 4), || join_as(&permits, Sheddable, 9));
        assert!(has_entered(&permits, joined));
        assert_eq!(standing(&permits), (2, 0));
    });
}

#[test]
fn where_a_lower_class_has_more_neither_sleeps_while_its_share_is_free() {
    model_of_many(|| {
        let permits = Arc::new(Permits::shared(3, Shares::new([1.0, 1.0, 0.5, 1.0])));
        assert!((0..2).all(|_| permits.try_enter()));
        let critical = wait_as(&permits, Critical, Waker::noop());
        let (one, two) = (Arc::clone(&permits), Arc::clone(&permits));
        let (_, _, (joined, _)) =
            race_of_three(move || wake(one.leave()), move || wake(two.leave()), || join_as(&permits, Sheddable, 9));
        assert!(has_entered(&permits, joined));
        assert_eq!((look(&permits, critical), standing(&permits)), (Seen::Entered, (2, 0)));
    });
}
