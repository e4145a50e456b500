//! The service: makes the call, and leaves the response to its future.

use std::{
    any::type_name,
    convert::Infallible,
    fmt,
    task::{Context, Poll, ready},
};

use http::Response;
use tower::{BoxError, Service};

use super::{Answer, ResponseFuture};
use crate::error::Error;

/// Turns the error of a failed call into a response.
///
/// Made by an [`AnswerLayer`](super::AnswerLayer).
pub struct Answers<S, A> {
    inner: S,
    /// Why the inner service did not become ready; the next call responds to it.
    unready: Option<Error>,
    answer: A,
}

impl<S, A> Answers<S, A> {
    pub(super) const fn new(inner: S, answer: A) -> Self {
        Self { inner, unready: None, answer }
    }
}

impl<S, Request, B, A> Service<Request> for Answers<S, A>
where
    S: Service<Request, Response = Response<B>>,
    S::Error: Into<BoxError> + 'static,
    A: Answer<B> + Clone,
{
    type Response = Response<A::Body>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future, A>;

    /// Is ready even if the inner service failed to become ready: the next call responds to that error.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.unready.is_none() {
            self.unready = ready!(self.inner.poll_ready(cx)).map_err(Error::lift).err();
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answer = self.answer.clone();
        match self.unready.take() {
            None => ResponseFuture::sent(self.inner.call(request), answer),
            Some(error) => ResponseFuture::failed(error, answer),
        }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, A: Clone> Clone for Answers<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.answer.clone())
    }
}

impl<S: fmt::Debug, A> fmt::Debug for Answers<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Answers");
        shown.field("inner", &self.inner).field("unready", &self.unready);
        shown.field("answer", &type_name::<A>()).finish()
    }
}
