//! A service that is always ready.

use std::task::{Context, Poll};

use tower::{BoxError, Layer, Service};

use super::Oneshot;
use crate::error::Error;

/// Readies a clone of the inner service for each call, as part of the call. It is itself always ready.
///
/// Under a layer that measures or limits the call, it brings the wait for readiness into what that layer sees.
#[derive(Clone, Debug)]
pub struct Lazy<S> {
    inner: S,
}

impl<S, Request> Service<Request> for Lazy<S>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Oneshot<S, Request>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
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
