//! Claims about the places of a bulkhead.

mod classes;
mod late;
mod limit;
mod queue;
mod resize;
mod wakes;

use std::task::Waker;

use crate::state::criticality::Criticality;
use crate::state::permits::{Joined, Permits, Seen, Ticket};
use crate::sync::Arc;
use crate::time::Nanos;

/// No deadline has passed.
const START: Nanos = Nanos(0);

/// A deadline that passes, and the moment at which it does.
const LATE: Nanos = Nanos(7);

/// What a critical call does, where nobody else is of another class.
impl Permits {
    fn try_enter(&self) -> bool {
        self.try_enter_as(Criticality::Critical)
    }

    fn join(&self, max_queue: usize, waker: Waker, until: Nanos) -> Joined {
        self.join_as(Criticality::Critical, max_queue, waker, until).0
    }

    fn poll_entered(&self, ticket: Ticket, waker: &Waker) -> bool {
        self.look(ticket, waker) == Seen::Entered
    }
}

/// Places that are all taken.
fn full(limit: usize) -> Arc<Permits> {
    let permits = Permits::new(limit);
    assert!((0..limit).all(|_| permits.try_enter()));
    Arc::new(permits)
}

fn join(permits: &Permits) -> Joined {
    permits.join(9, Waker::noop().clone(), Nanos::MAX)
}

/// Joins the queue of places that are all taken.
fn wait(permits: &Permits, waker: &Waker) -> Ticket {
    wait_until(permits, waker, Nanos::MAX)
}

fn wait_until(permits: &Permits, waker: &Waker, until: Nanos) -> Ticket {
    match permits.join(9, waker.clone(), until) {
        Joined::Waiting(ticket) => ticket,
        joined => panic!("{joined:?} where all places are taken"),
    }
}

fn has_entered(permits: &Permits, joined: Joined) -> bool {
    match joined {
        Joined::Entered => true,
        Joined::Waiting(ticket) => permits.poll_entered(ticket, Waker::noop()),
        Joined::QueueFull => false,
    }
}

fn wake(waker: Option<Waker>) -> bool {
    waker.map(Waker::wake).is_some()
}

/// Changes the limit as the handle does.
fn resize(permits: &Permits, limit: usize) {
    permits.resize(limit);
    while wake(permits.grant()) {}
}

fn standing(permits: &Permits) -> (usize, usize) {
    (permits.in_flight(START), permits.queued())
}

/// Takes back what is late as a caller does who finds no place.
fn take_back(permits: &Permits) {
    while permits.take_back(LATE) {
        while wake(permits.grant()) {}
    }
}
