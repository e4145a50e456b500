//! Claims about the places of a bulkhead.

mod classes;
mod going_away;
mod late;
mod limit;
mod model;
mod queue;
mod resize;
mod threads;
mod wakers;

use std::sync::mpsc::Receiver;
use std::task::Waker;

use crate::state::criticality::Criticality;
use crate::state::permits::{Joined, Permits, Seen, Ticket};
use crate::state::tests::{bell, rings};
use crate::time::Nanos;

/// No deadline has passed.
const START: Nanos = Nanos(0);

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

/// Wakes the waiter, if there is one, and returns whether there was.
fn wake(waiter: Option<Waker>) -> bool {
    waiter.map(Waker::wake).is_some()
}

fn grant_all(permits: &Permits) -> usize {
    std::iter::from_fn(|| permits.grant()).map(Waker::wake).count()
}

/// How many can enter now.
fn enter_all(permits: &Permits) -> usize {
    std::iter::repeat_with(|| permits.try_enter()).take(100).take_while(|entered| *entered).count()
}

fn full(limit: usize) -> Permits {
    let permits = Permits::new(limit);
    assert_eq!(enter_all(&permits), limit);
    permits
}

/// Joins a queue in which there is room for everybody, and must wait.
fn wait(permits: &Permits) -> (Ticket, Receiver<()>) {
    wait_until(permits, Nanos::MAX)
}

fn wait_until(permits: &Permits, until: Nanos) -> (Ticket, Receiver<()>) {
    let (waker, rung) = bell();
    let Joined::Waiting(ticket) = permits.join(usize::MAX, waker, until) else { panic!("there was no need to wait") };
    (ticket, rung)
}

fn has_entered(permits: &Permits, ticket: Ticket) -> bool {
    permits.poll_entered(ticket, Waker::noop())
}
