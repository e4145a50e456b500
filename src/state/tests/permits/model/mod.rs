//! The places as a queue and a counter.

mod promises;

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::task::Waker;

use super::{bell, rings, wake};
use crate::state::permits::{Joined, Permits, Ticket};

#[derive(Clone, Copy, Debug)]
enum Step {
    TryEnter,
    Join { max_queue: usize },
    Leave,
    Poll { whose: usize },
    Cancel { whose: usize },
    Resize { limit: usize },
    Grant,
}

/// A waiter that has not seen yet that it entered, if it has.
struct Waiter {
    number: usize,
    ticket: Ticket,
    rung: Receiver<()>,
}

/// A queue and a counter.
#[derive(Default)]
struct Model {
    limit: usize,
    in_flight: usize,
    queue: VecDeque<usize>,
    /// Places whose holders know of them.
    held: usize,
}

impl Model {
    fn enters(&mut self) -> bool {
        let enters = self.queue.is_empty() && self.in_flight < self.limit;
        self.in_flight += usize::from(enters);
        enters
    }

    fn grants(&mut self) -> Option<usize> {
        let first = if self.in_flight < self.limit { self.queue.pop_front() } else { None };
        self.in_flight += usize::from(first.is_some());
        first
    }

    fn leaves(&mut self) -> Option<usize> {
        self.in_flight -= 1;
        self.grants()
    }
}

struct Pair {
    permits: Permits,
    model: Model,
    waiters: Vec<Waiter>,
    numbers: usize,
}

impl Pair {
    fn new(limit: usize) -> Self {
        let model = Model { limit, ..Model::default() };
        Self { permits: Permits::new(limit), model, waiters: Vec::new(), numbers: 0 }
    }

    fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TryEnter => {
                let enters = self.model.enters();
                self.model.held += usize::from(enters);
                assert_eq!(self.permits.try_enter(), enters);
            }
            Step::Join { max_queue } => self.join(max_queue),
            Step::Leave if self.model.held == 0 => {}
            Step::Leave => {
                self.model.held -= 1;
                let next = self.model.leaves();
                self.woken(self.permits.leave(), next);
            }
            Step::Poll { whose } if whose < self.waiters.len() => self.poll(whose),
            Step::Cancel { whose } if whose < self.waiters.len() => self.cancel(whose),
            Step::Poll { .. } | Step::Cancel { .. } => {}
            Step::Resize { limit } => {
                self.model.limit = limit;
                self.permits.resize(limit);
            }
            Step::Grant => {
                let next = self.model.grants();
                self.woken(self.permits.grant(), next);
            }
        }
        assert_eq!(self.permits.in_flight(), self.model.in_flight);
        assert_eq!(self.permits.queued(), self.model.queue.len());
        assert_eq!(self.permits.limit(), self.model.limit);
    }

    fn join(&mut self, max_queue: usize) {
        let (waker, rung) = bell();
        let joined = self.permits.join(max_queue, waker);
        if self.model.enters() {
            self.model.held += 1;
            assert_eq!(joined, Joined::Entered);
        } else if self.model.queue.len() >= max_queue {
            assert_eq!(joined, Joined::QueueFull);
        } else {
            let Joined::Waiting(ticket) = joined else { panic!("{joined:?}, where it had to wait") };
            self.model.queue.push_back(self.numbers);
            self.waiters.push(Waiter { number: self.numbers, ticket, rung });
            self.numbers += 1;
        }
    }

    fn poll(&mut self, whose: usize) {
        let waiter = &mut self.waiters[whose];
        let (waker, rung) = bell();
        let waits = self.model.queue.contains(&waiter.number);
        assert_eq!(self.permits.poll_entered(waiter.ticket, &waker), !waits);
        if waits {
            waiter.rung = rung;
        } else {
            self.waiters.remove(whose);
            self.model.held += 1;
        }
    }

    fn cancel(&mut self, whose: usize) {
        let waiter = self.waiters.remove(whose);
        let place = self.model.queue.iter().position(|number| *number == waiter.number);
        let next = match place {
            Some(place) => {
                self.model.queue.remove(place);
                None
            }
            None => self.model.leaves(),
        };
        self.woken(self.permits.cancel(waiter.ticket), next);
    }

    /// Exactly the waiter that the model names is woken.
    fn woken(&self, waker: Option<Waker>, next: Option<usize>) {
        wake(waker);
        let rung: Vec<_> = self.waiters.iter().filter(|waiter| rings(&waiter.rung) > 0).collect();
        let rung: Vec<_> = rung.iter().map(|waiter| waiter.number).collect();
        assert_eq!(rung, Vec::from_iter(next));
    }
}
