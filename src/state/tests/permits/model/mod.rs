//! The places as a queue, a counter and a list of deadlines.

mod promises;

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::task::Waker;

use super::{bell, rings, wake};
use crate::state::moments::Held;
use crate::state::permits::{Joined, Permits, Ticket};
use crate::time::Nanos;

#[derive(Clone, Copy, Debug)]
enum Step {
    TryEnter,
    Join {
        max_queue: usize,
        left: Nanos,
    },
    /// A call that entered begins to wait for its service.
    Hold {
        whose: usize,
        left: Nanos,
    },
    Leave {
        whose: usize,
    },
    Poll {
        whose: usize,
    },
    Cancel {
        whose: usize,
    },
    Resize {
        limit: usize,
    },
    Grant,
    Pass {
        time: Nanos,
    },
    TakeBack,
}

/// A call that knows that it entered.
struct Call {
    held: Option<Held>,
    place: Place,
}

/// A waiter that has not seen yet that it entered, if it has.
struct Waiter {
    number: usize,
    ticket: Ticket,
    rung: Receiver<()>,
    until: Nanos,
    /// Where it was handed one.
    place: Option<Place>,
}

/// A place until it is taken back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Until(Nanos),
    TakenBack,
}

impl Place {
    fn counts(self, now: Nanos) -> bool {
        matches!(self, Self::Until(until) if now < until)
    }

    /// Takes it back if it is late. Returns whether it did.
    fn take_back(&mut self, now: Nanos) -> bool {
        let is_late = *self != Self::TakenBack && !self.counts(now);
        if is_late {
            *self = Self::TakenBack;
        }
        is_late
    }
}

struct Pair {
    permits: Permits,
    now: Nanos,
    limit: usize,
    calls: Vec<Call>,
    waiters: Vec<Waiter>,
    /// The numbers of those who wait.
    queue: VecDeque<usize>,
    numbers: usize,
}

impl Pair {
    fn new(limit: usize) -> Self {
        let (calls, waiters, queue) = Default::default();
        Self { permits: Permits::new(limit), now: Nanos(0), limit, calls, waiters, queue, numbers: 0 }
    }

    fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TryEnter => {
                let enters = self.enters();
                assert_eq!(self.permits.try_enter(), enters);
            }
            Step::Join { max_queue, left } => self.join(max_queue, self.now.saturating_add(left)),
            Step::Hold { whose, left } if whose < self.calls.len() => self.hold(whose, self.now.saturating_add(left)),
            Step::Leave { whose } if whose < self.calls.len() => self.leave(whose),
            Step::Poll { whose } if whose < self.waiters.len() => self.poll(whose),
            Step::Cancel { whose } if whose < self.waiters.len() => self.cancel(whose),
            Step::Hold { .. } | Step::Leave { .. } | Step::Poll { .. } | Step::Cancel { .. } => {}
            Step::Resize { limit } => {
                self.limit = limit;
                self.permits.resize(limit);
            }
            Step::Grant => {
                let next = self.grants();
                self.woken(self.permits.grant(), next);
            }
            Step::Pass { time } => self.now = self.now.saturating_add(time),
            Step::TakeBack => {
                let now = self.now;
                let taken = self.places().filter_map(|place| place.take_back(now).then_some(())).count();
                assert_eq!(self.permits.take_back(now), taken > 0);
            }
        }
        let now = self.now;
        let in_flight = self.places().filter(|place| place.counts(now)).count();
        assert_eq!(self.permits.in_flight(now), in_flight);
        assert_eq!(self.permits.queued(), self.queue.len());
        assert_eq!(self.permits.limit(), self.limit);
    }

    fn places(&mut self) -> impl Iterator<Item = &mut Place> {
        let handed = self.waiters.iter_mut().filter_map(|waiter| waiter.place.as_mut());
        self.calls.iter_mut().map(|call| &mut call.place).chain(handed)
    }

    fn has_room(&mut self) -> bool {
        self.places().filter(|place| **place != Place::TakenBack).count() < self.limit
    }

    fn enters(&mut self) -> bool {
        let enters = self.queue.is_empty() && self.has_room();
        if enters {
            self.calls.push(Call { held: None, place: Place::Until(Nanos::MAX) });
        }
        enters
    }

    /// Hands a place to the first who waits.
    fn grants(&mut self) -> Option<usize> {
        let first = if self.has_room() { self.queue.pop_front() } else { None };
        let waiter = self.waiters.iter_mut().find(|waiter| Some(waiter.number) == first)?;
        waiter.place = Some(Place::Until(waiter.until));
        first
    }

    fn join(&mut self, max_queue: usize, until: Nanos) {
        let (waker, rung) = bell();
        let joined = self.permits.join(max_queue, waker, until);
        if self.enters() {
            assert_eq!(joined, Joined::Entered);
        } else if self.queue.len() >= max_queue {
            assert_eq!(joined, Joined::QueueFull);
        } else {
            let Joined::Waiting(ticket) = joined else { panic!("{joined:?}, where it had to wait") };
            self.queue.push_back(self.numbers);
            self.waiters.push(Waiter { number: self.numbers, ticket, rung, until, place: None });
            self.numbers += 1;
        }
    }

    fn hold(&mut self, whose: usize, until: Nanos) {
        let call = &mut self.calls[whose];
        if call.held.is_none() {
            *call = Call { held: Some(self.permits.hold(until)), place: Place::Until(until) };
        }
    }

    fn leave(&mut self, whose: usize) {
        let call = self.calls.remove(whose);
        let next = if call.place == Place::TakenBack { None } else { self.grants() };
        let waker = match call.held {
            None => self.permits.leave(),
            Some(held) => self.permits.leave_timed(held),
        };
        self.woken(waker, next);
    }

    fn poll(&mut self, whose: usize) {
        let waiter = &mut self.waiters[whose];
        let (waker, rung) = bell();
        let enters = matches!(waiter.place, Some(Place::Until(_)));
        assert_eq!(self.permits.poll_entered(waiter.ticket, &waker), enters);
        if enters {
            self.waiters.remove(whose);
            self.calls.push(Call { held: None, place: Place::Until(Nanos::MAX) });
        } else if waiter.place.is_none() {
            waiter.rung = rung;
        }
    }

    fn cancel(&mut self, whose: usize) {
        let waiter = self.waiters.remove(whose);
        self.queue.retain(|number| *number != waiter.number);
        let had_place = matches!(waiter.place, Some(Place::Until(_)));
        let next = if had_place { self.grants() } else { None };
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
