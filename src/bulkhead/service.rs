//! The service: takes a place, then calls the service within.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower::{BoxError, Service};

use super::{BulkheadGuard, QueuedFuture, ResponseFuture, places::Places, wait::Wait};
use crate::{
    Error, RejectionReason,
    finish::{Finish, Release},
    pooled::Pooled,
};

/// Limits how many calls are in flight at once.
///
/// Made by a [`BulkheadLayer`](super::BulkheadLayer).
#[derive(Clone, Debug)]
pub struct Bulkhead<S, Q = NoQueue, F = Release> {
    inner: S,
    places: Pooled<Places>,
    queue: Q,
    finish: F,
}

/// Calls that find no place are rejected at once.
#[derive(Clone, Copy, Debug)]
pub struct NoQueue;

/// Calls that find no place wait for one.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    pub(super) max_wait: Option<Duration>,
    pub(super) max_queue: usize,
}

impl<S, Q, F> Bulkhead<S, Q, F> {
    pub(super) const fn new(inner: S, places: Pooled<Places>, queue: Q, finish: F) -> Self {
        Self { inner, places, queue, finish }
    }
}

impl<S, Request, F> Service<Request> for Bulkhead<S, NoQueue, F>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, S::Response> + Clone,
{
    type Response = F::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, F>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        match BulkheadGuard::try_enter(&self.places) {
            Some(guard) => ResponseFuture::sent(self.inner.call(request), guard, self.finish.clone()),
            None => ResponseFuture::rejected(self.places.reject(RejectionReason::Full)),
        }
    }
}

impl<S, Request, F> Service<Request> for Bulkhead<S, Queue, F>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    F: Finish<BulkheadGuard, S::Response> + Clone,
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
        self.clone().into_call(request)
    }
}

impl<S, F> Bulkhead<S, Queue, F> {
    /// Calls the service within, as soon as there is a place.
    #[inline(always)]
    pub(crate) fn into_call<Request>(self, request: Request) -> QueuedFuture<S, Request, F>
    where
        S: Service<Request>,
    {
        QueuedFuture::new(Wait::new(self.places, self.queue), self.inner, request, self.finish)
    }
}
