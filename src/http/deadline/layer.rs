//! The layer and its service: carry the deadline of a request into its call.

use std::task::{Context, Poll};

use http::{HeaderName, Request, Response};
use tower::{BoxError, Layer, Service};

use super::header::Carried;
use super::{DeadlineHeader, ResponseFuture};
use crate::context::{DeadlineScope, Scope};
use crate::error::Error;

/// Wraps services in [`Deadlines`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeadlineLayer {
    header: DeadlineHeader,
}

impl DeadlineLayer {
    /// Reads and writes whole milliseconds in this header, for example `x-request-timeout-ms`.
    pub const fn header(name: HeaderName) -> Self {
        Self::of(DeadlineHeader::millis(name))
    }

    pub(crate) const fn of(header: DeadlineHeader) -> Self {
        Self { header }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlines { inner, header: self.header.clone() }
    }
}

/// Carries the deadline of a request into its call, and on in its header.
///
/// Made by a [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct Deadlines<S> {
    inner: S,
    header: DeadlineHeader,
}

impl<S, B, R> Service<Request<B>> for Deadlines<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError> + 'static,
{
    type Response = Response<DeadlineScope<R>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.header.carry(&mut request) {
            Ok(Carried { brought, told }) => {
                let _scope = brought.map(Scope::of_deadline);
                ResponseFuture::sent(self.inner.call(request), brought, told)
            }
            Err(elapsed) => ResponseFuture::late(elapsed),
        }
    }
}
