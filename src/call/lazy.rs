//! A service that is always ready.

use std::task::{Context, Poll};

use tower::{Layer, Service};

use super::Oneshot;

/// Readies a clone of the inner service for each call, as part of the call. It is itself always ready.
///
/// Under a layer that measures or limits the call, it brings the wait for readiness into what that layer sees.
#[derive(Clone, Debug)]
pub struct Lazy<S> {
    inner: S,
}

impl<S: Service<Request> + Clone, Request> Service<Request> for Lazy<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Oneshot<S, Request>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Oneshot::new(self.inner.clone(), request)
    }
}

/// Wraps services in [`Lazy`].
#[derive(Clone, Copy, Debug)]
pub struct LazyLayer;

impl<S> Layer<S> for LazyLayer {
    type Service = Lazy<S>;

    fn layer(&self, inner: S) -> Lazy<S> {
        Lazy { inner }
    }
}
