//! The futures of steps that take time.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::Answer;
use crate::{Error, call::Oneshot};

pin_project! {
    /// The future of the step made by [`future_of`](super::future_of).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct StepFuture<Fut> {
        #[pin]
        inner: Fut,
    }
}

impl<Fut> StepFuture<Fut> {
    pub(super) const fn new(inner: Fut) -> Self {
        Self { inner }
    }
}

impl<Fut, Response, E> Future for StepFuture<Fut>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<Answer<Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(self.project().inner.poll(cx));
        Poll::Ready(result.map(Answer::new).map_err(Error::lift))
    }
}

pin_project! {
    /// The future of the step made by [`service`](super::service).
    #[must_use = "futures do nothing unless polled"]
    pub struct ServiceFuture<S, Request>
    where
        S: Service<Request>,
    {
        #[pin]
        inner: StepFuture<Oneshot<S, Request>>,
    }
}

impl<S: Service<Request>, Request> ServiceFuture<S, Request> {
    pub(super) const fn new(call: Oneshot<S, Request>) -> Self {
        Self { inner: StepFuture::new(call) }
    }
}

impl<S, Request> Future for ServiceFuture<S, Request>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
{
    type Output = Result<Answer<S::Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl<S: Service<Request>, Request> fmt::Debug for ServiceFuture<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceFuture").finish_non_exhaustive()
    }
}
