//! The future of one call that does not queue.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::BoxError;

use super::BulkheadGuard;
use crate::{
    Error, Rejection,
    finish::{Finish, POLLED_AGAIN, end},
};

pin_project! {
    /// The future of a [`Bulkhead`](super::Bulkhead)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped before it is done, it drops the call within, and then gives its place back.
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
        Sent { #[pin] held: Held<Fut, F> },
        Rejected { rejection: Rejection },
    }
}

impl<Fut, F> ResponseFuture<Fut, F> {
    pub(super) const fn sent(inner: Fut, guard: BulkheadGuard, finish: F) -> Self {
        Self { state: State::Sent { held: Held::new(inner, guard, finish) } }
    }

    pub(crate) const fn rejected(rejection: Rejection) -> Self {
        Self { state: State::Rejected { rejection } }
    }
}

impl<Fut, F, Response, E> Future for ResponseFuture<Fut, F>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, Response>,
{
    type Output = Result<F::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { held } => held.poll(cx),
            StateProj::Rejected { rejection } => Poll::Ready(Err(Error::Rejected(*rejection))),
        }
    }
}

pin_project! {
    /// A call that holds a place.
    #[derive(Debug)]
    pub(super) struct Held<Fut, F> {
        // Before the guard: the call is gone when its place comes free.
        #[pin]
        inner: Option<Fut>,
        place: Option<(BulkheadGuard, F)>,
    }
}

impl<Fut, F> Held<Fut, F> {
    pub(super) const fn new(inner: Fut, guard: BulkheadGuard, finish: F) -> Self {
        Self { inner: Some(inner), place: Some((guard, finish)) }
    }
}

impl<Fut, F, Response, E> Future for Held<Fut, F>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, Response>,
{
    type Output = Result<F::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        let result = ready!(inner.poll(cx));
        this.inner.set(None);
        Poll::Ready(end(this.place, result))
    }
}
