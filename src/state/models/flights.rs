//! Callers of one call who poll, leave and join at the same moment.

use std::hash::{Hash, Hasher};
use std::task::Waker;

use loom::model;

use super::{Wakes, model_of_many, race, race_of_three};
use crate::state::flights::{Drive, Joined, Keyed, Shard, Ticket, Turn};
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
        let ((), is_last, polls) = race_of_three(|| all.wake(), leave, || drives(&drive, second, &waker).0);
        assert!(!is_last);
        assert!(wakes.count() <= 1 && (polls || wakes.count() == 1), "it sleeps on");
        assert!(polls || drives(&drive, second, &waker).0);
    });
}

#[test]
fn of_two_who_leave_one_forgets_the_call() {
    model(|| {
        let (drive, second) = shared();
        let other = Arc::clone(&drive);
        let (one, two) = race(move || other.leave(second), || drive.leave(Ticket::FIRST));
        assert!(one != two);
    });
}

#[test]
fn who_joins_beside_the_last_to_leave_has_the_call_or_begins_anew() {
    model(|| {
        let drive = Arc::new(Drive::new(()));
        let other = Arc::clone(&drive);
        let (joined, is_last) = race(move || other.join(9), || drive.leave(Ticket::FIRST));
        assert_eq!(is_last, joined == Joined::Over);
        if let Joined::In(ticket) = joined {
            assert!(drives(&drive, ticket, Waker::noop()).0);
        }
    });
}

/// A call as callers hold it, with its result once that is there.
#[derive(Clone)]
struct Call(Arc<(Hashed<u32>, Calls, AtomicU64)>);

impl Keyed for Call {
    type Key = u32;

    fn key(&self) -> &Hashed<u32> {
        &self.0.0
    }
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Call {}

impl Hash for Call {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key().hash(hasher);
    }
}

impl Call {
    fn drive(&self) -> &Calls {
        &self.0.1
    }

    fn result(&self) -> u64 {
        self.0.2.load(Ordering::Relaxed)
    }
}

/// Shares the call, or begins one.
fn board(calls: &Shard<Call>) -> (Call, Ticket) {
    let join = |call: &Call| match call.drive().join(9) {
        Joined::In(ticket) => Some((call.clone(), ticket)),
        Joined::Full | Joined::Over => None,
    };
    let begin = |key| {
        let call = Call(Arc::new((key, Drive::new(()), AtomicU64::new(0))));
        (call.clone(), (call, Ticket::FIRST))
    };
    calls.board(Hashed::new(&Seeds::default(), 1), join, begin)
}

/// Ends a call that this caller has polled. Where nobody else has it, there is nobody to tell.
fn end(calls: &Shard<Call>, call: Call) {
    calls.forget(&call);
    if let Err(shared) = Arc::try_unwrap(call.0) {
        shared.2.store(7, Ordering::Relaxed);
        shared.1.end().wake();
    }
}

#[test]
fn who_joins_beside_the_end_sees_the_result_or_begins_anew() {
    model_of_many(|| {
        let calls = Arc::new(Shard::new());
        let (call, first) = board(&calls);
        assert!(drives(call.drive(), first, Waker::noop()).0);
        let (wakes, waker) = Wakes::new();
        let others = Arc::clone(&calls);
        let join = move || {
            let (call, ticket) = board(&others);
            let turn = call.drive().turn(ticket, &waker);
            (call, ticket, turn)
        };
        let ((joined, ticket, turn), ()) = race(join, || end(&calls, call));
        if ticket == Ticket::FIRST {
            assert!(matches!(turn, Turn::Drives(..)) && calls.len() == 1);
        } else {
            assert!(matches!(turn, Turn::Over) || wakes.count() == 1, "it sleeps on");
            let turn = joined.drive().turn(ticket, Waker::noop());
            assert!(matches!(turn, Turn::Over) && (joined.result(), calls.len()) == (7, 0));
        }
    });
}

#[test]
fn two_who_come_at_once_share_one_call() {
    model_of_many(|| {
        let calls = Arc::new(Shard::new());
        let others = Arc::clone(&calls);
        let ((one, first), (two, second)) = race(move || board(&others), || board(&calls));
        assert!(one == two && first != second);
        assert_eq!(calls.len(), 1);
    });
}
