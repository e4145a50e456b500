//! The wait for a place, in a service or outside.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::guard::{BulkheadGuard, Core, enters};
use crate::cached_arc::CachedArc;
use crate::context::Deadline;
use crate::error::{Rejection, RejectionReason};
use crate::state::criticality::Criticality;
use crate::state::permits::{Joined, Seen, Ticket};
use crate::time::{self, Nanos};

/// How calls may queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// `None` where nobody queues. It is small, because each key has one.
    pub(super) max_queue: Option<u32>,
    /// [`Nanos::MAX`] where the queue sets no limit.
    pub(super) max_wait: Nanos,
}

impl Line {
    /// Nobody queues.
    pub(super) const NONE: Self = Self { max_queue: None, max_wait: Nanos::MAX };

    /// As it was, but that so many may queue.
    pub(super) fn with_room(self, calls: usize) -> Self {
        Self { max_queue: Some(calls.try_into().unwrap_or(u32::MAX)), ..self }
    }
}

pin_project! {
    /// Waits for a place, for as long as the queue and the deadline allow.
    ///
    /// # Cancellation
    ///
    /// Dropped while it waits, it gives up its turn. A place that it was handed goes on to the next.
    ///
    /// # Panics
    ///
    /// When it has to wait with a limit outside a tokio runtime with a timer.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Turn {
        seat: Seat,
        line: Line,
        until: Option<Instant>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Turn {
    pub(super) fn new(places: &CachedArc<Core>, line: Line) -> Self {
        let seat = Seat { places: places.clone(), class: Criticality::current(), ticket: None };
        Self { seat, line, until: None, sleep: None }
    }

    /// Joins the queue, unless there is a place.
    fn poll_joined(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<BulkheadGuard, Rejection>> {
        let this = self.project();
        let Seat { places, class, .. } = &*this.seat;
        if enters(places, || *class) {
            return Poll::Ready(Ok(BulkheadGuard::of(places)));
        }
        let Line { max_queue: Some(max_queue), max_wait } = *this.line else {
            return Poll::Ready(Err(places.reject_as(*class, RejectionReason::Full)));
        };
        let deadline = Deadline::current().map(Deadline::instant);
        let now = time::now();
        let by_queue = (max_wait < Nanos::MAX).then(|| time::after(now, max_wait.into()));
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Poll::Ready(Err(places.reject_as(*class, RejectionReason::WaitedTooLong)));
        }
        *this.until = by_queue.into_iter().chain(deadline).min();
        let until = this.until.map_or(Nanos::MAX, time::moment);
        let (joined, pushed_out) = places.join_as(*class, max_queue as usize, cx.waker().clone(), until);
        match joined {
            Joined::Entered => Poll::Ready(Ok(BulkheadGuard::of(places))),
            Joined::QueueFull => Poll::Ready(Err(places.reject_as(*class, RejectionReason::QueueFull))),
            Joined::Waiting(ticket) => {
                this.seat.ticket = Some(ticket);
                if let Some(pushed_out) = pushed_out {
                    pushed_out.wake();
                }
                Poll::Pending
            }
        }
    }

    /// The clock is asked, because a timer of somebody above may have woken this task before its own has fired.
    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= time::now())
    }

    /// Waits until the time is over.
    fn poll_over(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rejection> {
        let mut this = self.project();
        let Some(until) = *this.until else { return Poll::Pending };
        if time::now() < until {
            if this.sleep.is_none() {
                this.sleep.set(Some(sleep_until(until)));
            }
            if let Some(sleep) = this.sleep.as_pin_mut() {
                ready!(sleep.poll(cx));
            }
        }
        this.seat.leave();
        Poll::Ready(this.seat.reject(RejectionReason::WaitedTooLong))
    }
}

impl Future for Turn {
    type Output = Result<BulkheadGuard, Rejection>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.seat.ticket {
            None => {
                if let Poll::Ready(result) = self.as_mut().poll_joined(cx) {
                    return Poll::Ready(result);
                }
            }
            // A place that comes when the time is over goes on to the next waiter.
            Some(ticket) if !self.is_over() => {
                let seat = self.as_mut().project().seat;
                match seat.places.look(ticket, cx.waker()) {
                    Seen::Waiting => {}
                    Seen::Entered => {
                        seat.ticket = None;
                        return Poll::Ready(Ok(BulkheadGuard::of(&seat.places)));
                    }
                    Seen::Lost => {
                        return Poll::Ready(Err(seat.reject(RejectionReason::QueueFull)));
                    }
                }
            }
            Some(_) => {}
        }
        self.poll_over(cx).map(Err)
    }
}

/// A seat in the queue. Leaving it hands on a place that was handed over.
#[derive(Debug)]
struct Seat {
    places: CachedArc<Core>,
    class: Criticality,
    ticket: Option<Ticket>,
}

impl Seat {
    fn reject(&self, reason: RejectionReason) -> Rejection {
        self.places.reject_as(self.class, reason)
    }

    fn leave(&mut self) {
        let next = self.ticket.take().and_then(|ticket| self.places.cancel(ticket));
        if let Some(next) = next {
            next.wake();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
    }
}
