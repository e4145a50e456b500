//! The service: makes the first attempt, and leaves the others to its future.

use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::{KeepRequest, KeepResponse, ResponseFuture, RetryIf, Rules, layer::Shared};
use crate::{Classify, Error, pooled::Pooled};

/// Sends a call again when it failed for a reason that may pass.
///
/// Made by a [`RetryLayer`](super::RetryLayer).
#[derive(Clone, Debug)]
pub struct Retry<S, R = Rules> {
    inner: S,
    shared: Pooled<Shared>,
    rules: R,
}

impl<S, R> Retry<S, R> {
    pub(super) const fn new(inner: S, shared: Pooled<Shared>, rules: R) -> Self {
        Self { inner, shared, rules }
    }
}

impl<S, Request, C, K, P> Service<Request> for Retry<S, Rules<C, K, P>>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response> + Clone,
    K: KeepRequest<Request> + KeepResponse<S::Response> + Clone,
    P: RetryIf<K::Kept, S::Response> + Clone,
{
    type Response = K::Answer;
    type Error = Error;
    type Future = ResponseFuture<S, Request, C, K, P>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(budget) = &self.shared.budget {
            budget.deposit();
        }
        let keep = &self.rules.keep;
        let is_sent_once = self.shared.attempts.is_last(0);
        let request = keep.begin(request, is_sent_once);
        let kept = if is_sent_once { None } else { keep.copy(&request) };
        let spare = self.inner.clone();
        // The instance that was polled ready makes the first attempt.
        let first = self.inner.call(keep.send(request, 1));
        ResponseFuture::new(first, spare, kept, self.shared.clone(), self.rules.clone())
    }
}
