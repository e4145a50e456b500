//! The service: finds what is the key's own, then calls through it.

use std::{
    hash::Hash,
    task::{Context, Poll},
};

use tower::{BoxError, Service};

use super::PerKeyLayer;
use crate::{
    BulkheadGuard, BulkheadLayer, CircuitBreakerLayer, CircuitGuard, Error, bulkhead,
    bulkhead::{NoQueue, Queue, QueuedFuture},
    circuit_breaker,
    finish::Finish,
};

/// Calls a service through what is the own of each request's key.
///
/// Made by a [`PerKeyLayer`].
#[derive(Clone, Debug)]
pub struct PerKey<S, L> {
    inner: S,
    layer: L,
}

impl<S, L> PerKey<S, L> {
    pub(super) const fn new(inner: S, layer: L) -> Self {
        Self { inner, layer }
    }
}

impl<S, Request, F, K, By> Service<Request> for PerKey<S, PerKeyLayer<CircuitBreakerLayer<F>, K, By>>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Finish<CircuitGuard, S::Response> + Clone,
    K: Hash + Eq,
    By: Fn(&Request) -> K,
{
    type Response = F::Response;
    type Error = Error;
    type Future = circuit_breaker::ResponseFuture<S::Future, F>;

    /// Is ready when the service within is, whatever becomes of the call: which circuit it meets is not known yet. So
    /// an error here is no circuit's.
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        match self.layer.protection(&request) {
            Ok(circuit) => self.layer.model.over_ready(&mut self.inner, circuit).call(request),
            Err(rejection) => circuit_breaker::ResponseFuture::rejected(rejection),
        }
    }
}

impl<S, Request, F, K, By> Service<Request> for PerKey<S, PerKeyLayer<BulkheadLayer<NoQueue, F>, K, By>>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, S::Response> + Clone,
    K: Hash + Eq,
    By: Fn(&Request) -> K,
{
    type Response = F::Response;
    type Error = Error;
    type Future = bulkhead::ResponseFuture<S::Future, F>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        match self.layer.protection(&request) {
            Ok(places) => self.layer.model.over(&mut self.inner, places).call(request),
            Err(rejection) => bulkhead::ResponseFuture::rejected(rejection),
        }
    }
}

impl<S, Request, F, K, By> Service<Request> for PerKey<S, PerKeyLayer<BulkheadLayer<Queue, F>, K, By>>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, S::Response> + Clone,
    K: Hash + Eq,
    By: Fn(&Request) -> K,
{
    type Response = F::Response;
    type Error = Error;
    type Future = QueuedFuture<S, Request, F>;

    /// Is ready: the clone that will be called is readied when it has its place.
    #[inline(always)]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        match self.layer.protection(&request) {
            Ok(places) => self.layer.model.over(self.inner.clone(), places).into_call(request),
            Err(rejection) => QueuedFuture::rejected(rejection),
        }
    }
}
