//! Claims about calls that matter more or less.

use std::task::Waker;

use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

use super::{START, bell, enter_all, full, grant_all, has_entered, rings, wake};
use crate::state::criticality::Criticality;
use crate::state::permits::{Joined, Permits, Seen, Shares, Ticket};
use crate::time::Nanos;

/// The shares of the classes from the least, as a bulkhead has them where one is set.
const FALLING: [f64; Criticality::COUNT] = [0.5, 0.8, 1.0, 1.0];

fn shared(limit: usize, shares: [f64; Criticality::COUNT]) -> Permits {
    Permits::shared(limit, Shares::new(shares))
}

/// How many calls of a class can enter now.
fn enter_as(permits: &Permits, class: Criticality) -> usize {
    std::iter::repeat_with(|| permits.try_enter_as(class)).take(1_000).take_while(|entered| *entered).count()
}

fn join(permits: &Permits, class: Criticality, max_queue: usize) -> (Joined, Option<Waker>) {
    permits.join_as(class, max_queue, Waker::noop().clone(), Nanos::MAX)
}

fn wait(permits: &Permits, class: Criticality) -> Ticket {
    match join(permits, class, usize::MAX) {
        (Joined::Waiting(ticket), None) => ticket,
        joined => panic!("{joined:?}, where it had to wait"),
    }
}

fn in_order(permits: &Permits, tickets: &[Ticket]) -> Vec<usize> {
    let next = || tickets.iter().position(|ticket| has_entered(permits, *ticket));
    std::iter::repeat_with(|| wake(permits.leave()).then(next).flatten()).map_while(|next| next).collect()
}

#[test]
fn a_class_fills_its_share_of_the_limit() {
    for (limit, share, places) in [
        (10, 0.5, 5),
        (10, 0.8, 8),
        (10, 0.55, 6),
        (100, 0.55, 55),
        (100, 0.07, 7),
        (3, 0.1, 1),
        (1, 0.5, 1),
        (1, 1e-6, 1),
        (2, 0.5, 1),
        (3, 0.5, 2),
        (7, 1.0, 7),
        (0, 1.0, 0),
    ] {
        let permits = shared(limit, [share; Criticality::COUNT]);
        assert_eq!(enter_as(&permits, Sheddable), places, "{share} of {limit}");
    }
}

#[test]
fn places_beyond_its_share_are_left_for_higher_classes() {
    let permits = shared(10, FALLING);
    let places = [Sheddable, SheddablePlus, Critical, CriticalPlus].map(|class| enter_as(&permits, class));
    assert_eq!(places, [5, 3, 2, 0]);
}

#[test]
fn the_places_that_others_hold_count() {
    let permits = shared(10, FALLING);
    assert!((0..5).all(|_| permits.try_enter_as(CriticalPlus)));
    assert_eq!(enter_as(&permits, Sheddable), 0);
    assert!(!wake(permits.leave()));
    assert_eq!(enter_as(&permits, Sheddable), 1);
}

#[test]
fn a_share_follows_the_limit() {
    let permits = shared(10, FALLING);
    permits.resize(4);
    assert_eq!(enter_as(&permits, Sheddable), 2);
    permits.resize(20);
    assert_eq!(enter_as(&permits, Sheddable), 8);
    assert_eq!(enter_as(&permits.fork(), Sheddable), 5);
}

#[test]
fn a_share_of_as_many_as_can_be_lets_everybody_in() {
    let permits = shared(usize::MAX, FALLING);
    assert_eq!(enter_as(&permits, Sheddable), 1_000);
}

#[test]
fn without_shares_classes_have_the_same_places() {
    let permits = Permits::new(3);
    assert_eq!(enter_as(&permits, Sheddable), 3);
}

#[test]
fn with_shares_no_place_is_taken_without_asking_for_the_class() {
    assert_eq!(shared(3, FALLING).try_enter_at_once(), Err(true));
    assert_eq!(Permits::new(3).try_enter_at_once(), Ok(()));
    assert_eq!(full(3).try_enter_at_once(), Err(false));
}

#[test]
fn a_higher_class_goes_first_and_in_one_class_who_came_first() {
    let permits = full(1);
    let classes = [Sheddable, Critical, SheddablePlus, CriticalPlus, Sheddable, Critical, CriticalPlus];
    let tickets = classes.map(|class| wait(&permits, class));
    assert_eq!(in_order(&permits, &tickets), [3, 6, 1, 5, 2, 0, 4]);
}

#[test]
fn who_waits_for_its_share_lets_others_pass() {
    let permits = shared(4, FALLING);
    assert_eq!(enter_as(&permits, Sheddable), 2);
    let waiting = wait(&permits, Sheddable);
    assert!(permits.try_enter_as(Critical));
    assert_eq!(join(&permits, Critical, 0).0, Joined::Entered);
    let critical = wait(&permits, Critical);
    assert!(wake(permits.leave()), "a place is free");
    assert!(has_entered(&permits, critical));
    assert!(!wake(permits.leave()) && !wake(permits.leave()), "its share is still full");
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, waiting));
    assert_eq!((permits.in_flight(START), permits.queued()), (2, 0));
}

#[test]
fn a_newcomer_passes_nobody_of_its_class_or_higher() {
    let permits = full(1);
    let _waiting = wait(&permits, SheddablePlus);
    permits.resize(2);
    for (class, passes) in [(Sheddable, false), (SheddablePlus, false), (Critical, true)] {
        assert_eq!(permits.try_enter_as(class), passes, "{class}");
    }
}

#[test]
fn where_a_lower_class_has_more_it_passes_a_higher_that_waits_for_its_share() {
    let permits = shared(4, [1.0, 1.0, 0.5, 1.0]);
    assert_eq!(enter_as(&permits, Critical), 2);
    let critical = wait(&permits, Critical);
    assert_eq!(join(&permits, Sheddable, 9).0, Joined::Entered);
    assert_eq!(enter_as(&permits, Sheddable), 1);
    let sheddable = wait(&permits, Sheddable);
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, sheddable) && !has_entered(&permits, critical));
    assert!(!wake(permits.leave()) && !wake(permits.leave()));
    assert!(wake(permits.leave()));
    assert!(has_entered(&permits, critical));
}

#[test]
fn a_limit_that_grows_lets_in_each_class_up_to_its_share() {
    let permits = shared(0, FALLING);
    let tickets = [Sheddable, Sheddable, SheddablePlus, Critical].map(|class| wait(&permits, class));
    permits.resize(4);
    assert_eq!(grant_all(&permits), 2);
    assert_eq!(tickets.map(|ticket| has_entered(&permits, ticket)), [false, false, true, true]);
    permits.resize(8);
    assert_eq!(grant_all(&permits), 2);
    assert!(tickets[..2].iter().all(|ticket| has_entered(&permits, *ticket)));
}

#[test]
fn a_full_queue_pushes_out_the_newest_of_the_lowest_class() {
    let permits = full(1);
    let (waker, rung) = bell();
    let older = wait(&permits, Sheddable);
    let (Joined::Waiting(newer), None) = permits.join_as(Sheddable, 3, waker, Nanos::MAX) else { panic!("no seat") };
    let plus = wait(&permits, SheddablePlus);
    let (Joined::Waiting(critical), pushed_out) = join(&permits, Critical, 3) else { panic!("no seat") };
    assert!(wake(pushed_out));
    assert_eq!((rings(&rung), permits.queued()), (1, 3));
    let look = |ticket| permits.look(ticket, Waker::noop());
    assert_eq!([older, newer, plus, critical].map(look), [Seen::Waiting, Seen::Lost, Seen::Waiting, Seen::Waiting]);
}

#[test]
fn a_full_queue_of_its_own_class_and_higher_refuses_a_newcomer() {
    let permits = full(1);
    let tickets = [Critical, CriticalPlus].map(|class| wait(&permits, class));
    for class in [Sheddable, SheddablePlus, Critical] {
        assert!(matches!(join(&permits, class, 2), (Joined::QueueFull, None)), "{class}");
    }
    assert_eq!(tickets.map(|ticket| permits.look(ticket, Waker::noop())), [Seen::Waiting; 2]);
}

#[test]
fn a_queue_of_none_pushes_out_nobody() {
    assert!(matches!(join(&full(1), CriticalPlus, 0), (Joined::QueueFull, None)));
}

#[test]
fn one_pushed_out_gives_back_nothing_and_is_waited_for_no_more() {
    let permits = full(1);
    let sheddable = wait(&permits, Sheddable);
    let (Joined::Waiting(critical), Some(_)) = join(&permits, Critical, 1) else { panic!("no seat") };
    assert!(!wake(permits.cancel(sheddable)));
    assert_eq!((permits.in_flight(START), permits.queued()), (1, 1));
    assert!(!wake(permits.cancel(critical)));
    permits.resize(2);
    assert_eq!(enter_as(&permits, Sheddable), 1);
}

#[test]
fn ten_thousand_waiters_of_mixed_classes_drain_in_order() {
    let permits = full(1);
    let classes: Vec<_> = (0..10_000).map(|number: usize| Criticality::IN_ORDER[number * 7 % 11 % 4]).collect();
    let tickets: Vec<_> = classes.iter().map(|class| wait(&permits, *class)).collect();
    let mut expected: Vec<_> = (0..10_000).collect();
    expected.sort_by_key(|number| std::cmp::Reverse(classes[*number]));
    for number in expected {
        assert!(wake(permits.leave()));
        assert!(has_entered(&permits, tickets[number]), "{number} is not next");
    }
    assert_eq!((permits.in_flight(START), permits.queued(), enter_all(&permits)), (1, 0, 0));
}

#[test]
fn ten_thousand_that_are_pushed_out_leave_ten_thousand_that_matter_more() {
    let permits = full(1);
    let lost: Vec<_> = (0..10_000).map(|_| wait(&permits, Sheddable)).collect();
    for number in (0..10_000).rev() {
        let (Joined::Waiting(_), Some(_)) = join(&permits, CriticalPlus, 10_000) else { panic!("no seat") };
        assert_eq!(permits.look(lost[number], Waker::noop()), Seen::Lost);
    }
    assert_eq!(permits.queued(), 10_000);
    assert!(matches!(join(&permits, CriticalPlus, 10_000), (Joined::QueueFull, None)));
}
