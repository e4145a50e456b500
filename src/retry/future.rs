//! The future of one call: it polls the state of the current attempt until the call ends.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::attempt::Step;
use super::call::Call;
use super::rules::RetryIf;
use crate::call::copies::{KeepRequest, KeepResponse};
use crate::error::Error;
use crate::outcome::Classify;

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
        pub(super) step: Step<S::Future, S, K::Kept>,
        pub(super) call: Call<S, Request, C, K, P>,
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
