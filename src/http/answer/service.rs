//! The service, and the future of its calls.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::respond::{Respond, tell};
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::http::made::Made;

/// Turns the error of a failed call into a response.
///
/// Made by an [`AnswerLayer`](super::AnswerLayer).
pub struct Answers<S, A> {
    inner: S,
    /// Why the inner service did not become ready; the next call responds to it.
    unready: Option<Error>,
    respond: A,
}

impl<S, A> Answers<S, A> {
    pub(super) const fn new(inner: S, respond: A) -> Self {
        Self { inner, unready: None, respond }
    }
}

impl<S, Request, B, A> Service<Request> for Answers<S, A>
where
    S: Service<Request, Response = Response<B>>,
    S::Error: Into<BoxError> + 'static,
    A: Respond<B> + Clone,
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
        let made = self.unready.take().map_or_else(|| Ok(self.inner.call(request)), Err);
        ResponseFuture { call: made.into(), respond: self.respond.clone() }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, A: Clone> Clone for Answers<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.respond.clone())
    }
}

pin_project! {
    /// The future of an [`Answers`]' call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, A> {
        #[pin]
        call: Made<Fut, Error>,
        respond: A,
    }
}

impl<Fut, A, B, E> Future for ResponseFuture<Fut, A>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
    A: Respond<B>,
{
    type Output = Result<Response<A::Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.call.poll(cx)).and_then(|result| result.map_err(Error::lift));
        let failed = |error| {
            tell(&error);
            this.respond.respond(error)
        };
        Poll::Ready(Ok(result.map_or_else(failed, |response| this.respond.pass(response))))
    }
}

debug_by_type! { Answers<S, A> ResponseFuture<Fut, A> }
