//! The future of one call.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{Answer, tell};
use crate::{call::POLLED_AGAIN, error::Error};

pin_project! {
    /// The future of an [`Answers`](super::Answers)' call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, A> {
        #[pin]
        state: State<Fut>,
        answer: A,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<Fut> {
        Sent { #[pin] inner: Fut },
        Failed { error: Option<Error> },
    }
}

impl<Fut, A> ResponseFuture<Fut, A> {
    pub(super) const fn sent(inner: Fut, answer: A) -> Self {
        Self { state: State::Sent { inner }, answer }
    }

    /// The call failed before it was made.
    pub(super) const fn failed(error: Error, answer: A) -> Self {
        Self { state: State::Failed { error: Some(error) }, answer }
    }
}

impl<Fut, A, B, E> Future for ResponseFuture<Fut, A>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
    A: Answer<B>,
{
    type Output = Result<Response<A::Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.state.project() {
            StateProj::Sent { inner } => ready!(inner.poll(cx)).map_err(Error::lift),
            StateProj::Failed { error } => Err(error.take().expect(POLLED_AGAIN)),
        };
        Poll::Ready(Ok(match result {
            Ok(response) => this.answer.pass(response),
            Err(error) => {
                tell(&error);
                this.answer.answer(error)
            }
        }))
    }
}

impl<Fut, A> fmt::Debug for ResponseFuture<Fut, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
