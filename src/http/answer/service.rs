//! The service, and the future of its calls.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Response;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::lent::{Lender, lend};
use super::respond::{Respond, answer};
use crate::call::POLLED_AGAIN;
use crate::debug::debug_by_type;
use crate::error::Error;
use crate::http::made::Made;

/// How long to read what the inner service has left of a request's body.
const READ_FOR: Duration = Duration::from_millis(50);

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
    Request: 'static,
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

    fn call(&mut self, mut request: Request) -> Self::Future {
        let lent = lend(&mut request);
        let made = self.unready.take().map_or_else(|| Ok(self.inner.call(request)), Err);
        ResponseFuture { state: State::Called { call: made.into() }, lent, respond: self.respond.clone() }
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
    ///
    /// # Panics
    ///
    /// When it waits for the rest of a request's body outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, A> {
        #[pin]
        state: State<Fut>,
        lent: Option<Lender>,
        respond: A,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<Fut> {
        Called { #[pin] call: Made<Fut, Error> },
        // Boxed, because few responses wait.
        Failed { error: Option<Error>, wait: Option<Pin<Box<Sleep>>> },
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
        let mut this = self.project();
        if let StateProj::Called { call } = this.state.as_mut().project() {
            let error = match ready!(call.poll(cx)).and_then(|result| result.map_err(Error::lift)) {
                Ok(response) => return Poll::Ready(Ok(this.respond.pass(response))),
                Err(error) => error,
            };
            // Called -> Failed, which drops the call, and with it the body that it has left.
            this.state.set(State::Failed { error: Some(error), wait: None });
        }
        let StateProj::Failed { error, wait } = this.state.project() else { unreachable!("it was just set") };
        if this.lent.as_ref().is_some_and(|lent| lent.poll_rest(cx).is_pending()) {
            ready!(wait.get_or_insert_with(|| Box::pin(sleep(READ_FOR))).as_mut().poll(cx));
        }
        // What is still to come is reset.
        *this.lent = None;
        let error = error.take().expect(POLLED_AGAIN);
        Poll::Ready(Ok(answer(error, |error| this.respond.respond(error))))
    }
}

debug_by_type! { Answers<S, A> ResponseFuture<Fut, A> }
