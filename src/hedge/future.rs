//! The future of one call: it polls the attempts, and starts others.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower::{BoxError, Service};

use super::attempt::{Attempt, AttemptOf};
use super::call::Call;
use crate::call::copies::{KeepRequest, KeepResponse};
use crate::error::Error;
use crate::outcome::Classify;
use crate::state::hedge::Next;
use crate::time::{Clock, Nanos};

pin_project! {
    /// The future of a [`Hedge`](super::Hedge)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, all its attempts stop at once. A token for an attempt that was not sent goes back to the budget.
    ///
    /// # Panics
    ///
    /// When it has to wait for a hedge's time, outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, C, K>
    where
        K: KeepRequest<Request>,
        K: KeepResponse<S::Response>,
        S: Service<K::Sent>,
    {
        #[pin]
        first: AttemptOf<S, Request, K>,
        #[pin]
        beside: Option<Beside<AttemptOf<S, Request, K>>>,
        call: Call<S, Request, C, K>,
    }
}

pin_project! {
    /// What a call has beside its first attempt, once that has not ended it at once.
    struct Beside<Hedge> {
        // Boxed, because a vector moves what is in it when it grows. A call that is not hedged allocates nothing.
        hedges: Vec<Pin<Box<Hedge>>>,
        #[pin]
        timer: Option<Sleep>,
    }
}

impl<S, Request, C, K> ResponseFuture<S, Request, C, K>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    #[inline(always)]
    pub(super) const fn new(first: AttemptOf<S, Request, K>, call: Call<S, Request, C, K>) -> Self {
        Self { first, beside: None, call }
    }
}

impl<S, Request, C, K> ResponseFuture<S, Request, C, K>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
{
    /// Polls the hedges, and starts others. Out of line, so that the path of a call that ends at its first poll stays short.
    #[inline(never)]
    fn poll_beside(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<K::Response, Error>> {
        let mut this = self.project();
        let call = this.call;
        if this.beside.is_none() {
            this.beside.set(Some(Beside { hedges: Vec::new(), timer: None }));
        }
        let mut beside = this.beside.as_pin_mut().expect("it is there from here on").project();
        let mut polled = 0;
        loop {
            for (number, hedge) in (2..).zip(&mut *beside.hedges).skip(polled) {
                if let Poll::Ready(ended) = call.poll_attempt(number, hedge.as_mut(), cx) {
                    if let Some(result) = call.end(number, ended) {
                        this.first.set(Attempt::Ended);
                        beside.hedges.clear();
                        return Poll::Ready(result);
                    }
                }
            }
            polled = beside.hedges.len();
            let due = match call.next() {
                Next::Start => None,
                Next::WaitUntil(due) => Some(due),
                Next::Wait => Some(Nanos::MAX),
                Next::Fail => return Poll::Ready(call.fail()),
            };
            if let Some(due) = due {
                let rest_until = call.poll_rest(cx);
                ready!(poll_until(due.min(rest_until), &call.core.clock, beside.timer.as_mut(), cx));
                if rest_until < due {
                    call.drop_rest();
                    continue;
                }
            }
            let number = u32::try_from(polled).unwrap_or(u32::MAX).saturating_add(2);
            beside.hedges.extend(call.start(number, cx).map(Attempt::readying).map(Box::pin));
        }
    }
}

impl<S, Request, C, K> Future for ResponseFuture<S, Request, C, K>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
{
    type Output = Result<K::Response, Error>;

    /// Polls the attempts before the timer: where one ends when the next is due, none starts. Of those that end at once, the earlier
    /// attempt is looked at first.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.as_mut().project();
        let call = this.call;
        call.begin();
        if let Poll::Ready(ended) = call.poll_attempt(1, this.first.as_mut(), cx) {
            if let Some(result) = call.end(1, ended) {
                // A call that ends at its first poll has none, and drops none.
                if let Some(beside) = this.beside.as_pin_mut() {
                    beside.project().hedges.clear();
                }
                return Poll::Ready(result);
            }
        }
        self.poll_beside(cx)
    }
}

/// Polls a timer that is made when it is first needed, and set anew for each hedge. What is due never needs none.
fn poll_until(due: Nanos, clock: &Clock, mut timer: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
    if due == Nanos::MAX {
        return Poll::Pending;
    }
    let due = clock.instant(due);
    match timer.as_mut().as_pin_mut() {
        None => timer.set(Some(sleep_until(due))),
        Some(sleep) if sleep.deadline() != due => sleep.reset(due),
        Some(_) => {}
    }
    timer.as_pin_mut().map_or(Poll::Pending, |sleep| sleep.poll(cx))
}

impl<S, Request, C, K> fmt::Debug for ResponseFuture<S, Request, C, K>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("attempts", &(self.beside.as_ref().map_or(0, |beside| beside.hedges.len()) + 1))
            .finish_non_exhaustive()
    }
}
