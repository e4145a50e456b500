//! The layer and its service: calls the inner service under a limit.

use std::task::{Context, Poll};
use std::time::Duration;

use tower::{BoxError, Layer, Service};

use super::{ByRequest, Countdown, Limit, ResponseFuture};
use crate::call::{End, LazyLayer, Plain};
use crate::error::Error;
use crate::name::Name;
use crate::outcome::DefaultClassifier;

/// Wraps services in a [`Timeout`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct TimeoutLayer<L = Duration, E = Plain, R = ()> {
    limit: L,
    name: Name,
    end: E,
    /// The layer between the timeout and the inner service.
    readiness: R,
}

impl TimeoutLayer {
    /// Ends calls that take longer than `limit`.
    ///
    /// Zero polls once. [`Duration::MAX`] is as good as never.
    pub const fn new(limit: Duration) -> Self {
        Self::of(limit)
    }
}

impl<F> TimeoutLayer<ByRequest<F>> {
    /// Ends calls that take longer than the function `limit` says of their request.
    pub const fn by_request(limit: F) -> Self {
        Self::of(ByRequest(limit))
    }
}

impl<L> TimeoutLayer<L> {
    const fn of(limit: L) -> Self {
        Self { limit, name: Name::of("timeout"), end: Plain::new(DefaultClassifier), readiness: () }
    }
}

impl<L, E, R> TimeoutLayer<L, E, R> {
    /// Sets what events call it. Defaults to `timeout`.
    pub fn name(self, name: Name) -> Self {
        Self { name, ..self }
    }

    /// Ends calls as another protocol does, which decides what the limit covers of a response.
    ///
    /// Most often the constructors `http` and `grpc` set it. Defaults to [`Plain`], where the limit is over with the response.
    pub fn end<F>(self, end: F) -> TimeoutLayer<L, F, R> {
        TimeoutLayer { limit: self.limit, name: self.name, end, readiness: self.readiness }
    }

    /// Takes the wait for readiness into the limit, by calling a clone of the inner service.
    ///
    /// Set it where the inner service waits in `poll_ready`, as connection pools do. Defaults to timing the call only.
    pub fn cover_readiness(self) -> TimeoutLayer<L, E, LazyLayer> {
        TimeoutLayer { limit: self.limit, name: self.name, end: self.end, readiness: LazyLayer }
    }
}

impl<S, L, E, R> Layer<S> for TimeoutLayer<L, E, R>
where
    L: Clone,
    E: Clone,
    R: Layer<S>,
{
    type Service = Timeout<R::Service, L, E>;

    fn layer(&self, inner: S) -> Self::Service {
        let inner = self.readiness.layer(inner);
        Timeout { inner, limit: self.limit.clone(), name: self.name, end: self.end.clone() }
    }
}

/// Ends calls that take too long.
///
/// Made by a [`TimeoutLayer`].
#[derive(Clone, Debug)]
pub struct Timeout<S, L = Duration, E = Plain> {
    inner: S,
    limit: L,
    name: Name,
    end: E,
}

impl<S, Request, L, E> Service<Request> for Timeout<S, L, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    L: Limit<Request>,
    E: End<Countdown, S::Response> + Clone,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let countdown = Countdown::new(self.name, self.limit.limit(&request));
        ResponseFuture::start(countdown, self.end.clone(), || self.inner.call(request))
    }
}
