//! The future of one call: it polls the state of the current attempt until the call ends.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::{attempt::Step, call::Call, rules::RetryIf};
use crate::{
    call::copies::{KeepRequest, KeepResponse},
    error::Error,
    outcome::Classify,
};

pin_project! {
    /// The future of a [`Retry`](super::Retry)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, it stops at once. A token for an attempt that was not sent goes back to the budget.
    ///
    /// # Panics
    ///
    /// When it has to wait, outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, C, K, P>
    where
        K: KeepRequest<Request>,
        K: KeepResponse<S::Response>,
        S: Service<K::Sent>,
    {
        #[pin]
        step: Step<S, Request, K>,
        call: Call<S, Request, C, K, P>,
    }
}

impl<S, Request, C, K, P> ResponseFuture<S, Request, C, K, P>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    pub(super) const fn new(first: S::Future, call: Call<S, Request, C, K, P>) -> Self {
        Self { step: Step::Sent { attempt: first }, call }
    }
}

impl<S, Request, C, K, P> Future for ResponseFuture<S, Request, C, K, P>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    P: RetryIf<K::Kept, S::Response>,
{
    type Output = Result<K::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.call.poll(this.step, cx)
    }
}

impl<S, Request, C, K, P> fmt::Debug for ResponseFuture<S, Request, C, K, P>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
