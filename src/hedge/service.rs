//! The service: it sends the first attempt, and its future sends the others.

use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::attempt::Attempt;
use super::call::Call;
use super::future::ResponseFuture;
use super::rules::{Core, HedgeIf, Rules, Running};
use crate::cached_arc::CachedArc;
use crate::call::copies::{KeepRequest, KeepResponse};
use crate::error::Error;
use crate::outcome::Classify;
use crate::state::criticality::Criticality;

/// Sends a call a second time when the first attempt takes too long.
///
/// Made by a [`HedgeLayer`](super::HedgeLayer).
#[derive(Clone, Debug)]
pub struct Hedge<S, R = Rules> {
    inner: S,
    core: CachedArc<Core>,
    rules: R,
}

impl<S, R> Hedge<S, R> {
    pub(super) const fn new(inner: S, core: CachedArc<Core>, rules: R) -> Self {
        Self { inner, core, rules }
    }
}

impl<S, Request, C, K, H> Service<Request> for Hedge<S, Rules<C, K, H>>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response> + Clone,
    K: KeepRequest<Request> + KeepResponse<S::Response> + Clone,
    H: HedgeIf<Request>,
{
    type Response = K::Response;
    type Error = Error;
    type Future = ResponseFuture<S, Request, C, K>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.core.budget.deposit();
        let Rules { classifier, keep, hedge_if } = &self.rules;
        let max = if hedge_if.allows(&request) { self.core.max_hedges } else { 0 };
        let request = keep.begin(request, max == 0);
        let copy = if max == 0 { None } else { keep.copy(&request) };
        // Cloned before the call, and put together after it, so that nothing is moved twice.
        let (inner, running, class) = (self.inner.clone(), Running::new(self.core.clone()), Criticality::current());
        let (classifier, own) = (classifier.clone(), keep.clone());
        // The instance that was polled ready makes the first attempt. A layer around may number it.
        let first = Attempt::sent(self.inner.call(keep.pass(request)));
        ResponseFuture::new(first, Call::new(inner, copy, max, class, running, classifier, own))
    }
}
