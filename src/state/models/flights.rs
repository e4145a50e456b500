//! Callers of one call who poll, leave and join at the same moment.

use std::hash::{Hash, Hasher};
use std::task::Waker;

use loom::model;

use super::{Wakes, model_of_many, race, race_of_three};
use crate::state::flights::{Drive, Joined, Keyed, Shard, Ticket, Turn};
use crate::state::keys::{Hashed, Seeds};
use crate::sync::{Arc, AtomicU64, Ordering};

/// A call with two callers.
fn shared() -> (Arc<Drive>, Ticket) {
    let drive = Arc::new(Drive::new());
    let Joined::In(second) = drive.join(9) else { panic!("it has only begun") };
    (drive, second)
}

/// A call that was polled, and both of whose callers sleep.
fn asleep(wakers: [&Waker; 2]) -> (Arc<Drive>, Ticket) {
    let (drive, second) = shared();
    assert_eq!(drive.turn(Ticket::FIRST, wakers[0]), Turn::Drives);
    drive.pends(Ticket::FIRST, wakers[0]).wake();
    assert_eq!(drive.turn(second, wakers[1]), Turn::Sleeps);
    (drive, second)
}

#[test]
fn a_wake_beside_the_end_of_a_poll_wakes_each_caller_once() {
    model(|| {
        let ((one, first), (two, second)) = (Wakes::new(), Wakes::new());
        let (drive, other) = shared();
        assert_eq!(drive.turn(Ticket::FIRST, &first), Turn::Drives);
        assert_eq!(drive.turn(other, &second), Turn::Sleeps);
        let waking = Arc::clone(&drive);
        race(move || waking.wake().wake(), || drive.pends(Ticket::FIRST, &first).wake());
        assert_eq!((one.count(), two.count()), (1, 1));
        assert_eq!(drive.turn(other, &second), Turn::Drives);
    });
}

#[test]
fn of_two_who_were_woken_one_polls_the_call() {
    model(|| {
        let (drive, second) = asleep([Waker::noop(); 2]);
        drive.wake().wake();
        let other = Arc::clone(&drive);
        let turn = move |ticket| other.turn(ticket, Waker::noop());
        let (one, two) = race(move || turn(second), || drive.turn(Ticket::FIRST, Waker::noop()));
        assert!([(Turn::Drives, Turn::Sleeps), (Turn::Sleeps, Turn::Drives)].contains(&(one, two)));
    });
}

#[test]
fn who_leaves_beside_a_wake_leaves_the_call_to_another() {
    model(|| {
        let (wakes, waker) = Wakes::new();
        let (drive, second) = asleep([Waker::noop(), &waker]);
        let (waking, leaving) = (Arc::clone(&drive), Arc::clone(&drive));
        let wake = move || waking.wake().wake();
        let leave = move || leaving.leave(Ticket::FIRST);
        let ((), is_last, turn) = race_of_three(wake, leave, || drive.turn(second, &waker));
        assert!(!is_last);
        assert!(wakes.count() <= 1 && (turn == Turn::Drives || wakes.count() == 1), "it sleeps on");
        assert!(turn == Turn::Drives || drive.turn(second, &waker) == Turn::Drives);
    });
}

#[test]
fn of_two_who_leave_one_drops_the_call() {
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
        let drive = Arc::new(Drive::new());
        let other = Arc::clone(&drive);
        let (joined, is_last) = race(move || other.join(9), || drive.leave(Ticket::FIRST));
        assert_eq!(is_last, joined == Joined::Over);
        if let Joined::In(ticket) = joined {
            assert_eq!(drive.turn(ticket, Waker::noop()), Turn::Drives);
        }
    });
}

/// A call as callers hold it, with its result once that is there.
#[derive(Clone)]
struct Call(Arc<(Hashed<u32>, Drive, AtomicU64)>);

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
    fn new(key: Hashed<u32>) -> Self {
        Self(Arc::new((key, Drive::new(), AtomicU64::new(0))))
    }

    fn drive(&self) -> &Drive {
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
        let call = Call::new(key);
        (call.clone(), (call, Ticket::FIRST))
    };
    calls.board(Hashed::new(&Seeds::default(), 1), join, begin)
}

/// Ends a call that this caller has polled.
fn end(calls: &Shard<Call>, call: &Call) {
    if !call.drive().returned() {
        call.0.2.store(7, Ordering::Relaxed);
        call.drive().end().wake();
    }
    calls.forget(call);
}

#[test]
fn who_joins_beside_the_end_sees_the_result_or_begins_anew() {
    model_of_many(|| {
        let calls = Arc::new(Shard::new());
        let (call, first) = board(&calls);
        assert_eq!(call.drive().turn(first, Waker::noop()), Turn::Drives);
        let (wakes, waker) = Wakes::new();
        let others = Arc::clone(&calls);
        let join = move || {
            let (call, ticket) = board(&others);
            let turn = call.drive().turn(ticket, &waker);
            (call, ticket, turn)
        };
        let ((joined, ticket, turn), ()) = race(join, || end(&calls, &call));
        if ticket == Ticket::FIRST {
            assert_eq!((joined == call, turn, calls.len()), (false, Turn::Drives, 1));
        } else {
            assert!(joined == call && (turn == Turn::Over || wakes.count() == 1), "it sleeps on");
            assert_eq!((joined.drive().turn(ticket, Waker::noop()), joined.result()), (Turn::Over, 7));
            assert_eq!(calls.len(), 0);
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
