//! Claims about which waker is woken, and where wakers are dropped.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Wake, Waker};

use super::{bell, full, has_entered, rings, wait, wake};
use crate::state::permits::{Joined, Permits};
use crate::time::Nanos;

#[test]
fn the_waker_of_the_last_poll_is_the_one_to_wake() {
    let permits = full(1);
    let (ticket, first) = wait(&permits);
    let (waker, second) = bell();
    assert!(!permits.poll_entered(ticket, &waker));
    assert!(wake(permits.leave()));
    assert_eq!((rings(&first), rings(&second)), (0, 1));
}

/// Tells, as it is dropped, whether the queue was locked then.
struct Nosy {
    permits: Arc<Permits>,
    locked: Sender<bool>,
}

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Nosy {
    fn drop(&mut self) {
        // A lock that is held is printed as such; asking for it would hang the test instead of failing it.
        self.locked.send(format!("{:?}", self.permits).contains("<locked>")).ok();
    }
}

fn nosy(permits: &Arc<Permits>) -> (Waker, Receiver<bool>) {
    let (locked, was_locked) = channel();
    (Arc::new(Nosy { permits: Arc::clone(permits), locked }).into(), was_locked)
}

#[test]
fn a_waker_that_is_replaced_is_dropped_outside_the_lock() {
    let permits = Arc::new(full(1));
    let (waker, was_locked) = nosy(&permits);
    let Joined::Waiting(ticket) = permits.join(1, waker, Nanos::MAX) else { panic!("there was no need to wait") };
    assert!(!has_entered(&permits, ticket));
    assert_eq!(was_locked.try_recv(), Ok(false));
}

#[test]
fn the_waker_of_one_who_goes_away_is_dropped_outside_the_lock() {
    let permits = Arc::new(full(1));
    let (waker, was_locked) = nosy(&permits);
    let Joined::Waiting(ticket) = permits.join(1, waker, Nanos::MAX) else { panic!("there was no need to wait") };
    assert!(permits.cancel(ticket).is_none());
    assert_eq!(was_locked.try_recv(), Ok(false));
}

#[test]
fn a_waker_that_is_not_needed_is_dropped_outside_the_lock() {
    let permits = Arc::new(Permits::new(1));
    for joined in [Joined::Entered, Joined::QueueFull] {
        let (waker, was_locked) = nosy(&permits);
        assert_eq!(permits.join(0, waker, Nanos::MAX), joined);
        assert_eq!(was_locked.try_recv(), Ok(false));
    }
}
