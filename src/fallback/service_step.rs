//! The response of another service as the answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::step::Step;
use crate::call::Oneshot;
use crate::error::Error;

/// Answers with the response of another service. Requests must be `Clone`.
///
/// When the call has waited, the service is not called at the call's [`Deadline`](crate::Deadline) or later. The step then fails
/// with [`Error::TimedOut`].
pub const fn service<S>(service: S) -> ServiceStep<S> {
    ServiceStep(service)
}

/// Made by [`service`].
#[derive(Clone, Copy, Debug)]
pub struct ServiceStep<S>(S);

impl<Request, S> Step<Request, S::Response> for ServiceStep<S>
where
    Request: Clone,
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
{
    type Kept = Request;
    type Error = Error;
    type Future = ServiceFuture<S, Request>;

    fn keep(&self, request: &Request) -> Request {
        request.clone()
    }

    fn answer(self, kept: Request, _: Result<&S::Response, &Error>, has_waited: bool) -> Self::Future {
        ServiceFuture { call: Oneshot::after(has_waited, self.0, kept) }
    }
}

pin_project! {
    /// The future of a [`ServiceStep`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ServiceFuture<S, Request>
    where
        S: Service<Request>,
    {
        #[pin]
        call: Oneshot<S, Request>,
    }
}

impl<S: Service<Request>, Request> Future for ServiceFuture<S, Request>
where
    S::Error: Into<BoxError> + 'static,
{
    type Output = Result<S::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx)
    }
}

impl<S: Service<Request>, Request> fmt::Debug for ServiceFuture<S, Request> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceFuture").finish_non_exhaustive()
    }
}
