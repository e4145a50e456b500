//! The wait for a place.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{BulkheadGuard, Queue, places::Places};
use crate::{
    Deadline, Rejection, RejectionReason,
    pooled::Pooled,
    state::permits::{Joined, Ticket},
    time,
};

pin_project! {
    /// Waits for a place, for as long as the queue and the deadline allow.
    #[derive(Debug)]
    pub(super) struct Wait {
        seat: Seat,
        queue: Queue,
        until: Option<Instant>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Wait {
    pub(super) const fn new(places: Pooled<Places>, queue: Queue) -> Self {
        Self { seat: Seat { places, ticket: None }, queue, until: None, sleep: None }
    }

    /// Joins the queue, unless there is a place.
    fn poll_joined(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<BulkheadGuard, Rejection>> {
        let this = self.project();
        let places = &this.seat.places;
        if let Some(guard) = BulkheadGuard::try_enter(places) {
            return Poll::Ready(Ok(guard));
        }
        let deadline = Deadline::current().map(Deadline::instant);
        let now = time::now();
        let by_queue = this.queue.max_wait.map(|wait| time::after(now, wait));
        if deadline.is_some_and(|deadline| deadline <= now) {
            return Poll::Ready(Err(places.reject(RejectionReason::WaitedTooLong)));
        }
        *this.until = by_queue.into_iter().chain(deadline).min();
        match places.permits.join(this.queue.max_queue, cx.waker().clone()) {
            Joined::Entered => Poll::Ready(Ok(BulkheadGuard::of(places))),
            Joined::QueueFull => Poll::Ready(Err(places.reject(RejectionReason::QueueFull))),
            Joined::Waiting(ticket) => {
                this.seat.ticket = Some(ticket);
                Poll::Pending
            }
        }
    }

    /// Waits until the time is over.
    fn poll_over(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rejection> {
        let mut this = self.project();
        let Some(until) = *this.until else { return Poll::Pending };
        // The clock is asked, because a timer of somebody above may have woken this task before its own has fired.
        if time::now() < until {
            if this.sleep.is_none() {
                this.sleep.set(Some(sleep_until(until)));
            }
            if let Some(sleep) = this.sleep.as_pin_mut() {
                ready!(sleep.poll(cx));
            }
        }
        this.seat.leave();
        Poll::Ready(this.seat.places.reject(RejectionReason::WaitedTooLong))
    }
}

impl Future for Wait {
    type Output = Result<BulkheadGuard, Rejection>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.seat.ticket {
            None => {
                if let Poll::Ready(result) = self.as_mut().poll_joined(cx) {
                    return Poll::Ready(result);
                }
            }
            Some(ticket) if self.seat.places.permits.poll_entered(ticket, cx.waker()) => {
                let seat = self.project().seat;
                seat.ticket = None;
                return Poll::Ready(Ok(BulkheadGuard::of(&seat.places)));
            }
            Some(_) => {}
        }
        self.poll_over(cx).map(Err)
    }
}

/// A seat in the queue; whoever leaves it hands on what he was handed.
#[derive(Debug)]
struct Seat {
    places: Pooled<Places>,
    ticket: Option<Ticket>,
}

impl Seat {
    fn leave(&mut self) {
        let next = self.ticket.take().and_then(|ticket| self.places.permits.cancel(ticket));
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
