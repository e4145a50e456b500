//! The future of one call: the faults that it meets, then the call itself.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::spoil::Spoil;
use super::wait::Wait;
use crate::call::{End, Oneshot, POLLED_AGAIN};
use crate::error::Error;

pin_project! {
    /// The future of a [`Chaos`](super::Chaos)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped while it waits, nothing was sent.
    ///
    /// # Panics
    ///
    /// When a call that is delayed or hangs is polled outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, E>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S, Request>,
        spoil: Option<Spoil>,
        end: E,
    }
}

pin_project! {
    #[project = StateProj]
    pub(super) enum State<S, Request>
    where
        S: Service<Request>,
    {
        /// It met no fault.
        Calling { #[pin] call: S::Future },
        /// It is sent once it has waited.
        Delayed { wait: Option<Wait>, #[pin] call: Oneshot<S, Request> },
        /// It is not sent: a fault has made its result.
        Ending { wait: Option<Wait>, result: Option<Result<S::Response, Error>> },
    }
}

impl<S: Service<Request>, Request, E> ResponseFuture<S, Request, E> {
    #[inline(always)]
    pub(super) const fn new(state: State<S, Request>, spoil: Spoil, end: E) -> Self {
        Self { state, spoil: Some(spoil), end }
    }
}

impl<S, Request, E> Future for ResponseFuture<S, Request, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    E: End<Spoil, S::Response> + Clone,
{
    type Output = Result<E::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.state.project() {
            StateProj::Calling { call } => ready!(call.poll(cx)).map_err(Error::lift),
            StateProj::Delayed { wait, call } => {
                ready!(over(wait, cx));
                ready!(call.poll(cx))
            }
            StateProj::Ending { wait, result } => {
                ready!(over(wait, cx));
                result.take().expect(POLLED_AGAIN)
            }
        };
        let spoil = this.spoil.take().expect(POLLED_AGAIN);
        Poll::Ready(result.map(|response| this.end.clone().answered(spoil, response)))
    }
}

/// Waits, if the wait is not over.
fn over(wait: &mut Option<Wait>, cx: &mut Context<'_>) -> Poll<()> {
    if let Some(waiting) = wait {
        ready!(waiting.as_mut().poll(cx));
        *wait = None;
    }
    Poll::Ready(())
}

impl<S: Service<Request>, Request, E> fmt::Debug for ResponseFuture<S, Request, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
