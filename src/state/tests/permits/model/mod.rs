//! The places as a queue of classes, a counter and a list of deadlines.

mod promises;

use std::cmp::Reverse;
use std::sync::mpsc::Receiver;
use std::task::Waker;

use super::{bell, rings, wake};
use crate::state::criticality::Criticality;
use crate::state::moments::Held;
use crate::state::permits::{Joined, Permits, Seen, Shares, Ticket};
use crate::time::Nanos;

#[derive(Clone, Copy, Debug)]
enum Step {
    TryEnter {
        class: Criticality,
    },
    Join {
        class: Criticality,
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

/// A waiter that has not seen yet what has become of it.
struct Waiter {
    class: Criticality,
    ticket: Ticket,
    rung: Receiver<()>,
    until: Nanos,
    stands: Stands,
}

#[derive(PartialEq, Eq)]
enum Stands {
    InTheQueue,
    InAPlace(Place),
    PushedOut,
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
    /// In tenths, from the least class.
    shares: [u32; Criticality::COUNT],
    calls: Vec<Call>,
    /// In the order in which they came.
    waiters: Vec<Waiter>,
}

impl Pair {
    fn new(limit: usize, shares: [u32; Criticality::COUNT]) -> Self {
        let permits = Permits::shared(limit, Shares::new(shares.map(|tenths| f64::from(tenths) / 10.0)));
        Self { permits, now: Nanos(0), limit, shares, calls: Vec::new(), waiters: Vec::new() }
    }

    fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step);
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TryEnter { class } => {
                let enters = self.enters(class);
                assert_eq!(self.permits.try_enter_as(class), enters);
            }
            Step::Join { class, max_queue, left } => self.join(class, max_queue, self.now.saturating_add(left)),
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
        assert_eq!(self.permits.queued(), self.queue().count());
        assert_eq!(self.permits.limit(), self.limit);
    }

    fn places(&mut self) -> impl Iterator<Item = &mut Place> {
        let handed = self.waiters.iter_mut().filter_map(|waiter| match &mut waiter.stands {
            Stands::InAPlace(place) => Some(place),
            Stands::InTheQueue | Stands::PushedOut => None,
        });
        self.calls.iter_mut().map(|call| &mut call.place).chain(handed)
    }

    /// Who waits, and its class.
    fn queue(&self) -> impl Iterator<Item = (usize, Criticality)> {
        let waiters = self.waiters.iter().enumerate();
        waiters.filter(|(_, waiter)| waiter.stands == Stands::InTheQueue).map(|(whose, waiter)| (whose, waiter.class))
    }

    fn has_room(&mut self, class: Criticality) -> bool {
        let taken = self.places().filter(|place| **place != Place::TakenBack).count() as u128;
        10 * taken < u128::from(self.share(class)) * self.limit as u128
    }

    fn share(&self, class: Criticality) -> u32 {
        self.shares[class as usize]
    }

    fn enters(&mut self, class: Criticality) -> bool {
        let goes_first = |other| other >= class && self.share(other) >= self.share(class);
        let is_next = !self.queue().any(|(_, other)| goes_first(other));
        let enters = is_next && self.has_room(class);
        if enters {
            self.calls.push(Call { held: None, place: Place::Until(Nanos::MAX) });
        }
        enters
    }

    /// Hands a place to the first of the highest class of those whose share is free.
    fn grants(&mut self) -> Option<usize> {
        let waiting: Vec<_> = self.queue().collect();
        let may_enter = waiting.into_iter().filter(|(_, class)| self.has_room(*class));
        let (first, _) = may_enter.min_by_key(|(whose, class)| (Reverse(*class), *whose))?;
        let waiter = &mut self.waiters[first];
        waiter.stands = Stands::InAPlace(Place::Until(waiter.until));
        Some(first)
    }

    fn join(&mut self, class: Criticality, max_queue: usize, until: Nanos) {
        let (waker, rung) = bell();
        let (joined, pushed_out) = self.permits.join_as(class, max_queue, waker, until);
        let last = self.queue().min_by_key(|(whose, class)| (*class, Reverse(*whose)));
        let last = last.filter(|(_, other)| *other < class).map(|(whose, _)| whose);
        let is_full = self.queue().count() >= max_queue;
        if self.enters(class) {
            assert_eq!(joined, Joined::Entered);
            self.woken(pushed_out, None);
        } else if is_full && last.is_none() {
            assert_eq!(joined, Joined::QueueFull);
            self.woken(pushed_out, None);
        } else {
            let Joined::Waiting(ticket) = joined else { panic!("{joined:?}, where it had to wait") };
            let last = last.filter(|_| is_full);
            self.woken(pushed_out, last);
            last.inspect(|last| self.waiters[*last].stands = Stands::PushedOut);
            self.waiters.push(Waiter { class, ticket, rung, until, stands: Stands::InTheQueue });
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
        let expected = match waiter.stands {
            Stands::InTheQueue => Seen::Waiting,
            Stands::InAPlace(Place::Until(_)) => Seen::Entered,
            Stands::InAPlace(Place::TakenBack) | Stands::PushedOut => Seen::Lost,
        };
        let seen = self.permits.look(waiter.ticket, &waker);
        assert_eq!(seen, expected);
        match seen {
            Seen::Waiting => waiter.rung = rung,
            Seen::Entered => {
                self.waiters.remove(whose);
                self.calls.push(Call { held: None, place: Place::Until(Nanos::MAX) });
            }
            Seen::Lost => {}
        }
    }

    fn cancel(&mut self, whose: usize) {
        let waiter = self.waiters.remove(whose);
        let had_place = matches!(waiter.stands, Stands::InAPlace(Place::Until(_)));
        let next = if had_place { self.grants() } else { None };
        self.woken(self.permits.cancel(waiter.ticket), next);
    }

    /// Exactly the waiter that the model names is woken.
    fn woken(&self, waker: Option<Waker>, next: Option<usize>) {
        wake(waker);
        let waiters = self.waiters.iter().enumerate();
        let rung: Vec<_> = waiters.filter(|(_, waiter)| rings(&waiter.rung) > 0).map(|(whose, _)| whose).collect();
        assert_eq!(rung, Vec::from_iter(next));
    }
}
