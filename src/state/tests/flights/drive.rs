//! Claims about who polls the call, who sleeps, and who is woken.

use std::sync::mpsc::Receiver;
use std::task::Waker;

use crate::state::flights::{Drive, Joined, Ticket, Turn};
use crate::state::tests::{bell, rings};

type Call = Drive<&'static str>;

fn call() -> Call {
    Drive::new("call")
}

fn joined(drive: &Call) -> Ticket {
    match drive.join(usize::MAX) {
        Joined::In(ticket) => ticket,
        joined => panic!("{joined:?}, though it is not over"),
    }
}

fn sleeps(drive: &Call, ticket: Ticket, waker: &Waker) -> bool {
    matches!(drive.turn(ticket, waker), Turn::Sleeps)
}

fn is_over(drive: &Call, ticket: Ticket) -> bool {
    matches!(drive.turn(ticket, Waker::noop()), Turn::Over)
}

/// A caller polls the call, and gets the waker of all if the call has company.
fn driven(drive: &Call, ticket: Ticket, waker: &Waker) -> Option<Waker> {
    match drive.turn(ticket, waker) {
        Turn::Drives(_, shared) => shared,
        turn => panic!("{turn:?}, though it is due"),
    }
}

/// The call pends that this caller has polled, and the caller sleeps.
fn pends(drive: &Call, ticket: Ticket, waker: &Waker) {
    drive.pends("call", ticket, waker).expect("it knows how to wake all").wake();
}

/// A caller who joins and is polled while the call is polled, or is not due, and how often it is woken.
fn sleeper(drive: &Call) -> (Ticket, Waker, Receiver<()>) {
    let (ticket, (waker, rung)) = (joined(drive), bell());
    assert!(sleeps(drive, ticket, &waker));
    (ticket, waker, rung)
}

/// A call that pends, whose two callers sleep, and what wakes them.
struct Pending {
    drive: Call,
    shared: Waker,
    first: (Waker, Receiver<()>),
    second: (Ticket, Waker, Receiver<()>),
}

fn pending() -> Pending {
    let (drive, first) = (call(), bell());
    let second = joined(&drive);
    let shared = driven(&drive, Ticket::FIRST, &first.0).expect("it has company");
    pends(&drive, Ticket::FIRST, &first.0);
    let (waker, rung) = bell();
    assert!(sleeps(&drive, second, &waker));
    Pending { drive, shared, first, second: (second, waker, rung) }
}

#[test]
fn the_caller_that_is_polled_first_polls_the_call() {
    let drive = call();
    let second = joined(&drive);
    driven(&drive, second, Waker::noop());
    assert!(sleeps(&drive, Ticket::FIRST, Waker::noop()));
}

#[test]
fn who_is_alone_polls_the_call_with_its_own_waker_whenever_it_is_polled() {
    let (drive, (waker, rung)) = (call(), bell());
    for _ in 0..3 {
        assert!(driven(&drive, Ticket::FIRST, &waker).is_none());
        pends(&drive, Ticket::FIRST, &waker);
    }
    assert_eq!(rings(&rung), 0);
}

#[test]
fn who_joins_polls_the_call_which_then_wakes_the_first_too() {
    let (drive, (waker, first)) = (call(), bell());
    driven(&drive, Ticket::FIRST, &waker);
    pends(&drive, Ticket::FIRST, &waker);
    let (second, (other, rung)) = (joined(&drive), bell());
    let shared = driven(&drive, second, &other).expect("it has company");
    pends(&drive, second, &other);
    assert_eq!((rings(&first), rings(&rung)), (0, 0));
    shared.wake();
    assert_eq!((rings(&first), rings(&rung)), (1, 1));
}

#[test]
fn where_one_joins_a_poll_of_one_alone_the_call_is_polled_again() {
    let (drive, (waker, first)) = (call(), bell());
    assert!(driven(&drive, Ticket::FIRST, &waker).is_none());
    let (_, _, second) = sleeper(&drive);
    assert!(drive.pends("call", Ticket::FIRST, &waker).is_none());
    let shared = driven(&drive, Ticket::FIRST, &waker).expect("it has company");
    pends(&drive, Ticket::FIRST, &waker);
    assert_eq!((rings(&first), rings(&second)), (0, 0));
    shared.wake();
    assert_eq!((rings(&first), rings(&second)), (1, 1));
}

#[test]
fn a_call_that_nobody_woke_is_not_polled_again() {
    let Pending { drive, first: (waker, _), .. } = pending();
    assert!(sleeps(&drive, Ticket::FIRST, &waker));
    assert!(sleeps(&drive, joined(&drive), Waker::noop()));
}

#[test]
fn a_wake_wakes_all_and_the_first_polled_polls_the_call() {
    let Pending { drive, shared, first: (waker, first), second: (ticket, other, second) } = pending();
    shared.wake_by_ref();
    shared.wake_by_ref();
    assert_eq!((rings(&first), rings(&second)), (1, 1));
    driven(&drive, ticket, &other);
    assert!(sleeps(&drive, Ticket::FIRST, &waker));
}

#[test]
fn wakes_in_a_poll_wake_all_once_it_is_over() {
    let Pending { drive, shared, first: (waker, first), second: (_, _, second) } = pending();
    shared.wake_by_ref();
    assert_eq!((rings(&first), rings(&second)), (1, 1));
    driven(&drive, Ticket::FIRST, &waker);
    let (_, _, third) = sleeper(&drive);
    shared.wake_by_ref();
    shared.wake_by_ref();
    assert_eq!(rings(&third), 0, "a caller is woken while it could do nothing");
    pends(&drive, Ticket::FIRST, &waker);
    assert_eq!((rings(&first), rings(&third)), (1, 1));
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let Pending { drive, shared, first: (_, first), .. } = pending();
    let (waker, second) = bell();
    assert!(sleeps(&drive, Ticket::FIRST, &waker));
    shared.wake();
    assert_eq!((rings(&first), rings(&second)), (0, 1));
}

#[test]
fn who_has_left_is_not_woken() {
    let Pending { drive, shared, first: (_, first), second: (ticket, _, second) } = pending();
    assert!(!drive.leave(ticket));
    shared.wake();
    assert_eq!((rings(&first), rings(&second)), (1, 0));
}

#[test]
fn the_end_wakes_all_who_sleep() {
    let Pending { drive, shared, first: (waker, _), second: (ticket, _, second) } = pending();
    shared.wake();
    driven(&drive, Ticket::FIRST, &waker);
    let (_, _, third) = sleeper(&drive);
    drive.end().wake();
    assert_eq!((rings(&second), rings(&third), is_over(&drive, ticket)), (1, 1, true));
}

#[test]
fn nobody_joins_a_call_that_is_over() {
    let drive = call();
    driven(&drive, Ticket::FIRST, Waker::noop());
    drive.end().wake();
    assert_eq!(drive.join(9), Joined::Over);
    assert!(is_over(&drive, Ticket::FIRST));
}

#[test]
fn the_last_to_leave_is_told_once_and_nobody_joins_after_it() {
    let drive = call();
    let second = joined(&drive);
    assert!(!drive.leave(Ticket::FIRST));
    assert!(drive.leave(second));
    assert_eq!(drive.join(9), Joined::Over);
}

#[test]
fn who_leaves_after_the_end_has_nothing_to_forget() {
    let drive = call();
    drive.end().wake();
    assert!(!drive.leave(Ticket::FIRST));
}

#[test]
fn so_many_wait_beside_the_one_who_began_it() {
    for max in 0..3 {
        let drive = call();
        let mut came = (0..9).map(|_| drive.join(max));
        assert!(came.by_ref().take(max).all(|joined| matches!(joined, Joined::In(_))), "{max}");
        assert!(came.all(|joined| joined == Joined::Full), "{max}");
    }
}

#[test]
fn who_leaves_makes_room_for_another() {
    let drive = call();
    let second = joined(&drive);
    assert_eq!(drive.join(1), Joined::Full);
    assert!(!drive.leave(second));
    assert!(matches!(drive.join(1), Joined::In(_)));
}
