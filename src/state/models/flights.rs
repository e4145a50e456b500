//! Callers of one call who poll, leave and join at the same moment.

use std::task::Waker;

use loom::model;

use super::{Wakes, model_of_many, race, race_of_three};
use crate::state::flights::{Drive, Joined, Leads, Shard, Ticket, Turn};
use crate::state::keys::{Hashed, Seeds};
use crate::sync::{Arc, AtomicU64, Ordering};

type Calls = Drive<()>;

/// A call with two callers.
fn shared() -> (Arc<Calls>, Ticket) {
    let drive = Arc::new(Drive::new(()));
    let Joined::In(second) = drive.join(9) else { panic!("it has only begun") };
    (drive, second)
}

/// A caller is polled. Whether it polls the call; and the waker of all.
fn drives(drive: &Calls, ticket: Ticket, waker: &Waker) -> (bool, Option<Waker>) {
    match drive.turn(ticket, waker) {
        Turn::Drives((), shared) => (true, shared),
        Turn::Sleeps => (false, None),
        Turn::Over => panic!("it has not ended"),
    }
}

/// A call that was polled, both of whose callers sleep, and what wakes them.
fn asleep(wakers: [&Waker; 2]) -> (Arc<Calls>, Ticket, Waker) {
    let (drive, second) = shared();
    let (_, all) = drives(&drive, Ticket::FIRST, wakers[0]);
    drive.pends((), Ticket::FIRST, wakers[0]).expect("it knows both").wake();
    assert!(!drives(&drive, second, wakers[1]).0);
    (drive, second, all.expect("it has company"))
}

#[test]
fn a_wake_beside_the_end_of_a_poll_wakes_each_caller_once() {
    model(|| {
        let ((one, first), (two, second)) = (Wakes::new(), Wakes::new());
        let (drive, other) = shared();
        let (_, all) = drives(&drive, Ticket::FIRST, &first);
        assert!(!drives(&drive, other, &second).0);
        let wake = move || all.expect("it has company").wake();
        race(wake, || drive.pends((), Ticket::FIRST, &first).expect("it knows both").wake());
        assert_eq!((one.count(), two.count()), (1, 1));
        assert!(drives(&drive, other, &second).0);
    });
}

#[test]
fn who_joins_beside_a_poll_of_one_alone_is_woken_too() {
    model(|| {
        let ((one, first), (two, second)) = (Wakes::new(), Wakes::new());
        let drive = Arc::new(Drive::new(()));
        assert!(drives(&drive, Ticket::FIRST, &first).0);
        let other = Arc::clone(&drive);
        let join = move || {
            let Joined::In(ticket) = other.join(9) else { panic!("it has not ended") };
            let (polls, all) = drives(&other, ticket, &second);
            if polls {
                other.pends((), ticket, &second).expect("it knows both").wake();
            }
            (polls, all)
        };
        let pend = || {
            if let Some(asleep) = drive.pends((), Ticket::FIRST, &first) {
                asleep.wake();
                return (false, None);
            }
            let (polls, all) = drives(&drive, Ticket::FIRST, &first);
            if polls {
                drive.pends((), Ticket::FIRST, &first).expect("it knows both").wake();
            }
            (polls, all)
        };
        let ((by_second, second_all), (by_first, first_all)) = race(join, pend);
        // Whoever it is, one of them has told the call of both.
        assert!(by_first != by_second);
        assert_eq!((one.count(), two.count()), (0, 0));
        first_all.or(second_all).expect("it has company").wake();
        assert_eq!((one.count(), two.count()), (1, 1));
    });
}

#[test]
fn of_two_who_were_woken_one_polls_the_call() {
    model(|| {
        let (drive, second, all) = asleep([Waker::noop(); 2]);
        all.wake();
        let other = Arc::clone(&drive);
        let (one, two) =
            race(move || drives(&other, second, Waker::noop()).0, || drives(&drive, Ticket::FIRST, Waker::noop()).0);
        assert!(one != two);
    });
}

#[test]
fn who_leaves_beside_a_wake_leaves_the_call_to_another() {
    model(|| {
        let (wakes, waker) = Wakes::new();
        let (drive, second, all) = asleep([Waker::noop(), &waker]);
        let leaving = Arc::clone(&drive);
        let leave = move || leaving.leave(Ticket::FIRST);
        let ((), (), polls) = race_of_three(|| all.wake(), leave, || drives(&drive, second, &waker).0);
        assert!(wakes.count() <= 1 && (polls || wakes.count() == 1), "it sleeps on");
        assert!(polls || drives(&drive, second, &waker).0);
    });
}

/// A call as callers hold it, with its result once that is there.
type Call = Arc<(Calls, AtomicU64)>;

impl Leads for Call {
    fn is_gone(&self) -> bool {
        false
    }
}

/// Shares the call, or begins one.
fn board(calls: &Shard<u32, Call>) -> (Call, Ticket) {
    let join = |call: &Call| match call.0.join(9) {
        Joined::In(ticket) => Some((Arc::clone(call), ticket)),
        Joined::Full | Joined::Over => None,
    };
    let begin = || {
        let call = Arc::new((Drive::new(()), AtomicU64::new(0)));
        (Arc::clone(&call), (call, Ticket::FIRST))
    };
    calls.board(Hashed::new(&Seeds::default(), 1), join, begin)
}

/// Ends a call that this caller has polled.
fn end(call: &Call) {
    call.1.store(7, Ordering::Relaxed);
    call.0.end().wake();
}

#[test]
fn who_joins_beside_the_end_sees_the_result_or_begins_anew() {
    model_of_many(|| {
        let calls = Arc::new(Shard::new());
        let (call, first) = board(&calls);
        assert!(drives(&call.0, first, Waker::noop()).0);
        let (wakes, waker) = Wakes::new();
        let join = move || {
            let (call, ticket) = board(&calls);
            let turn = call.0.turn(ticket, &waker);
            (call, ticket, turn)
        };
        let ((joined, ticket, turn), ()) = race(join, || end(&call));
        if ticket == Ticket::FIRST {
            assert!(!Arc::ptr_eq(&joined, &call) && matches!(turn, Turn::Drives(..)));
        } else {
            assert!(Arc::ptr_eq(&joined, &call));
            assert!(matches!(turn, Turn::Over) || wakes.count() == 1, "it sleeps on");
            let turn = joined.0.turn(ticket, Waker::noop());
            assert!(matches!(turn, Turn::Over) && joined.1.load(Ordering::Relaxed) == 7);
        }
    });
}

#[test]
fn two_who_come_at_once_share_one_call() {
    model_of_many(|| {
        let calls = Arc::new(Shard::new());
        let others = Arc::clone(&calls);
        let ((one, first), (two, second)) = race(move || board(&others), || board(&calls));
        assert!(Arc::ptr_eq(&one, &two) && first != second);
        assert_eq!(calls.len(), 1);
    });
}
