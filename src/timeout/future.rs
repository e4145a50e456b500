//! The future of one call.

use std::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};
use tower::BoxError;

use super::events;
use crate::{
    Elapsed, Error, Name,
    deadline::{self, Frame, Scope},
    time,
};

pin_project! {
    /// The future of a [`Timeout`](super::Timeout)'s call.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer, and the call is not ready at once.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut> {
        #[pin]
        inner: Option<Fut>,
        limit: Duration,
        // When the limit is over; the clock is not started before it is needed.
        ends: Option<Instant>,
        // Made when the call pends, unless a timeout around ends it sooner.
        #[pin]
        sleep: Option<Sleep>,
        name: Name,
    }
}

impl<Fut> ResponseFuture<Fut> {
    /// Makes the call, with the limit in place.
    #[inline(always)]
    pub(super) fn start(name: Name, limit: Duration, call: impl FnOnce() -> Fut) -> Self {
        let scope = Scope::enter(Frame::around().within(limit, None));
        let inner = call();
        let ends = scope.leave().map(|started| time::after(started, limit));
        Self { inner: Some(inner), limit, ends, sleep: None, name }
    }

    /// The frame for what is below.
    #[inline(always)]
    fn frame(&self) -> Frame {
        Frame::around().within(self.limit, self.ends)
    }

    /// Waits for the time to be over, then drops the call.
    #[inline(never)]
    fn poll_expired(self: Pin<&mut Self>, cx: &mut Context<'_>, asked: Option<Instant>) -> Poll<Error> {
        let mut this = self.project();
        let began_before = this.ends.is_some();
        let own = *this.ends.get_or_insert_with(|| time::after(asked.unwrap_or_else(time::now), *this.limit));
        let started = time::before(own, *this.limit);
        // A call that began before may have come under other timeouts since: their clocks start now.
        let around = deadline::nearest(|| if began_before { time::now() } else { started });
        let around = around.filter(|around| around.at <= own);
        if around.is_some_and(|around| around.enforced) {
            // Whoever enforces it drops this future; a second timer would be idle.
            return Poll::Pending;
        }
        let end = around.map_or(own, |around| around.at);
        if end > started {
            match this.sleep.as_mut().as_pin_mut() {
                None => this.sleep.set(Some(sleep_until(end))),
                Some(sleep) if sleep.deadline() != end => sleep.reset(end),
                Some(_) => {}
            }
            if let Some(sleep) = this.sleep.as_pin_mut() {
                // The call may have used up the task's budget of operations, each time: that must not stop this clock.
                ready!(pin!(unconstrained(sleep)).poll(cx));
            }
        }
        match around {
            // The caller's own deadline: what is dropped is abandoned, not slow.
            Some(_) => this.inner.set(None),
            None => deadline::expire(|| this.inner.set(None)),
        }
        let elapsed = Elapsed::new(end.saturating_duration_since(started), time::now() - started, around.is_some());
        events::timed_out(*this.name, &elapsed);
        Poll::Ready(Error::TimedOut(elapsed))
    }
}

impl<Fut, Response, E> Future for ResponseFuture<Fut>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<Response, Error>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let scope = Scope::enter(self.frame());
        let inner = self.as_mut().project().inner.as_pin_mut();
        let result = inner.expect("a future is not polled after it is done").poll(cx);
        let asked = scope.leave();
        match result {
            Poll::Ready(result) => Poll::Ready(result.map_err(Error::lift)),
            Poll::Pending => self.poll_expired(cx, asked).map(Err),
        }
    }
}
