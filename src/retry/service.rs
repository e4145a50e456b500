//! The service: makes the first attempt, and leaves the others to its future.

use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::{Policy, ResponseFuture, Rules, layer::Shared};
use crate::{Error, pooled::Pooled};

/// Sends a call again when it failed for a reason that may pass.
///
/// Made by a [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S, P = Rules> {
    inner: S,
    shared: Pooled<Shared>,
    policy: P,
}

impl<S, P> Retry<S, P> {
    pub(super) const fn new(inner: S, shared: Pooled<Shared>, policy: P) -> Self {
        Self { inner, shared, policy }
    }
}

impl<S, Request, P> Service<Request> for Retry<S, P>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    P: Policy<Request, S::Response> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, P>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(budget) = &self.shared.budget {
            budget.deposit();
        }
        let kept = if self.shared.attempts.is_last(0) { None } else { self.policy.copy(&request) };
        let spare = self.inner.clone();
        // The instance that was polled ready makes the first attempt.
        let first = self.inner.call(request);
        ResponseFuture::new(first, spare, kept, self.shared.clone(), self.policy.clone())
    }
}
