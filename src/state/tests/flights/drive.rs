//! Claims about who polls the call, who sleeps, and who is woken.

use std::sync::mpsc::Receiver;
use std::task::Waker;

use crate::state::flights::{Drive, Joined, Ticket, Turn};
use crate::state::tests::{bell, rings};

fn joined(drive: &Drive) -> Ticket {
    match drive.join(usize::MAX) {
        Joined::In(ticket) => ticket,
        joined => panic!("{joined:?}, though it is not over"),
    }
}

/// A caller who joins and is polled, and how often it is woken.
fn sleeper(drive: &Drive) -> (Ticket, Waker, Receiver<()>) {
    let (ticket, (waker, rung)) = (joined(drive), bell());
    assert_eq!(drive.turn(ticket, &waker), Turn::Sleeps);
    (ticket, waker, rung)
}

/// A call that pends, and whose first caller sleeps.
fn pending() -> (Drive, Waker, Receiver<()>) {
    let (drive, (waker, rung)) = (Drive::new(), bell());
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Drives);
    drive.pends(Ticket::FIRST, &waker).wake();
    (drive, waker, rung)
}

#[test]
fn whoever_is_polled_first_polls_the_call() {
    let drive = Drive::new();
    let second = joined(&drive);
    assert_eq!(drive.turn(second, Waker::noop()), Turn::Drives);
    assert_eq!(drive.turn(Ticket::FIRST, Waker::noop()), Turn::Sleeps);
}

#[test]
fn a_call_that_nobody_woke_is_not_polled_again() {
    let (drive, waker, _) = pending();
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Sleeps);
    assert_eq!(drive.turn(joined(&drive), Waker::noop()), Turn::Sleeps);
}

#[test]
fn a_wake_wakes_all_and_the_first_polled_polls_the_call() {
    let (drive, waker, first) = pending();
    let (second, other, rung) = sleeper(&drive);
    drive.wake().wake();
    drive.wake().wake();
    assert_eq!((rings(&first), rings(&rung)), (1, 1));
    assert_eq!(drive.turn(second, &other), Turn::Drives);
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Sleeps);
}

#[test]
fn wakes_in_a_poll_wake_all_once_it_is_over() {
    let (drive, (waker, first)) = (Drive::new(), bell());
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Drives);
    let (_, _, second) = sleeper(&drive);
    drive.wake().wake();
    drive.wake().wake();
    assert_eq!(rings(&second), 0, "a caller is woken while it could do nothing");
    drive.pends(Ticket::FIRST, &waker).wake();
    assert_eq!((rings(&first), rings(&second)), (1, 1));
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let (drive, _, first) = pending();
    let (waker, second) = bell();
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Sleeps);
    drive.wake().wake();
    assert_eq!((rings(&first), rings(&second)), (0, 1));
}

#[test]
fn who_has_left_is_not_woken() {
    let (drive, _, first) = pending();
    let (second, _, rung) = sleeper(&drive);
    assert!(!drive.leave(second));
    drive.wake().wake();
    assert_eq!((rings(&first), rings(&rung)), (1, 0));
}

#[test]
fn the_end_wakes_all_who_sleep() {
    let (drive, (waker, _)) = (Drive::new(), bell());
    assert_eq!(drive.turn(Ticket::FIRST, &waker), Turn::Drives);
    let (second, other, rung) = sleeper(&drive);
    assert!(!drive.returned());
    drive.end().wake();
    assert_eq!((rings(&rung), drive.turn(second, &other)), (1, Turn::Over));
}

#[test]
fn a_result_that_nobody_shares_ends_the_call_at_once() {
    let (drive, _, _) = pending();
    assert!(drive.returned());
    assert_eq!(drive.join(9), Joined::Over);
}

#[test]
fn the_last_to_leave_is_told_once_and_nobody_joins_after_it() {
    let drive = Drive::new();
    let second = joined(&drive);
    assert!(!drive.leave(Ticket::FIRST));
    assert!(drive.leave(second));
    assert_eq!(drive.join(9), Joined::Over);
}

#[test]
fn who_leaves_after_the_end_has_nothing_to_drop() {
    let drive = Drive::new();
    drive.end().wake();
    assert!(!drive.leave(Ticket::FIRST));
}

#[test]
fn so_many_wait_beside_the_one_who_began_it() {
    for max in 0..3 {
        let drive = Drive::new();
        let mut came = (0..9).map(|_| drive.join(max));
        assert!(came.by_ref().take(max).all(|joined| matches!(joined, Joined::In(_))), "{max}");
        assert!(came.all(|joined| joined == Joined::Full), "{max}");
    }
}

#[test]
fn who_leaves_makes_room_for_another() {
    let drive = Drive::new();
    let second = joined(&drive);
    assert_eq!(drive.join(1), Joined::Full);
    assert!(!drive.leave(second));
    assert!(matches!(drive.join(1), Joined::In(_)));
}
