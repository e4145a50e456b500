//! The future of one call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::BoxError;

use super::CircuitGuard;
use crate::{
    Error, Rejection,
    finish::{Finish, POLLED_AGAIN, end},
};

pin_project! {
    /// The future of a [`CircuitBreaker`](super::CircuitBreaker)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped before it is done, the call is abandoned and gives its place back, unless it was cut short by a timeout of ours
    /// or has panicked: see [`CircuitGuard`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, F> {
        #[pin]
        state: State<Fut, F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<Fut, F> {
        Sent { #[pin] inner: Fut, held: Option<(CircuitGuard, F)> },
        Rejected { rejection: Rejection },
        Failed { error: Option<Error> },
    }
}

impl<Fut, F> ResponseFuture<Fut, F> {
    pub(super) const fn sent(inner: Fut, guard: CircuitGuard, finish: F) -> Self {
        Self { state: State::Sent { inner, held: Some((guard, finish)) } }
    }

    pub(crate) const fn rejected(rejection: Rejection) -> Self {
        Self { state: State::Rejected { rejection } }
    }

    /// The call failed before it was made.
    pub(super) const fn failed(error: Error) -> Self {
        Self { state: State::Failed { error: Some(error) } }
    }
}

impl<Fut, F, Response, E> Future for ResponseFuture<Fut, F>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    F: Finish<CircuitGuard, Response>,
{
    type Output = Result<F::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { inner, held } => {
                let (guard, _) = held.as_mut().expect(POLLED_AGAIN);
                let result = ready!(guard.run(|| inner.poll(cx)));
                Poll::Ready(end(held, result))
            }
            StateProj::Rejected { rejection } => Poll::Ready(Err(Error::Rejected(*rejection))),
            StateProj::Failed { error } => Poll::Ready(Err(error.take().expect(POLLED_AGAIN))),
        }
    }
}
