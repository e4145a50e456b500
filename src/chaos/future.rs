//! The future of one call: the faults that it meets, then the call itself.

use std::fmt;
use std::mem;
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
        pub(super) state: State<S, Request>,
        pub(super) end: E,
    }
}

pin_project! {
    #[project = StateProj]
    pub(super) enum State<S, Request>
    where
        S: Service<Request>,
    {
        /// It met no fault.
        Spared { #[pin] call: S::Future },
        // Boxed, so that the calls that meet no fault do not carry it.
        Faulted { faulted: Pin<Box<Faulted<S, Request>>> },
    }
}

pin_project! {
    /// A call that met faults.
    pub(super) struct Faulted<S, Request>
    where
        S: Service<Request>,
    {
        pub(super) wait: Option<Wait>,
        #[pin]
        pub(super) call: Call<S, Request>,
        pub(super) spoil: Spoil,
    }
}

pin_project! {
    #[project = CallProj]
    pub(super) enum Call<S, Request>
    where
        S: Service<Request>,
    {
        /// It was sent at once.
        Sent { #[pin] call: S::Future },
        /// It is sent once it has waited.
        Delayed { #[pin] call: Oneshot<S, Request> },
        /// It is not sent: a fault has made its result.
        Ended { result: Option<Result<S::Response, Error>> },
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
        let (response, spoil) = match this.state.project() {
            StateProj::Spared { call } => (ready!(call.poll(cx)).map_err(Error::lift)?, Spoil::default()),
            StateProj::Faulted { faulted } => ready!(faulted.as_mut().poll(cx))?,
        };
        Poll::Ready(Ok(this.end.clone().answered(spoil, response)))
    }
}

impl<S, Request> Future for Faulted<S, Request>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
{
    type Output = Result<(S::Response, Spoil), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(wait) = this.wait {
            ready!(wait.as_mut().poll(cx));
            *this.wait = None;
        }
        let response = match this.call.project() {
            CallProj::Sent { call } => ready!(call.poll(cx)).map_err(Error::lift)?,
            CallProj::Delayed { call } => ready!(call.poll(cx))?,
            CallProj::Ended { result } => result.take().expect(POLLED_AGAIN)?,
        };
        Poll::Ready(Ok((response, mem::take(this.spoil))))
    }
}

impl<S: Service<Request>, Request, E> fmt::Debug for ResponseFuture<S, Request, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
