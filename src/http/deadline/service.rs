//! The service: carries the deadline of a request into its call.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower::{BoxError, Service};

use super::{DeadlineBody, ResponseFuture, Wire};
use crate::{Deadline, Error};

/// Carries deadlines between a header and the code below.
///
/// Made by a [`DeadlineLayer`](super::DeadlineLayer).
#[derive(Clone, Debug)]
pub struct Deadlines<S> {
    inner: S,
    wire: Wire,
}

impl<S> Deadlines<S> {
    pub(super) const fn new(inner: S, wire: Wire) -> Self {
        Self { inner, wire }
    }
}

impl<S, B, R> Service<Request<B>> for Deadlines<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError> + 'static,
{
    type Response = Response<DeadlineBody<R>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.wire.carry(&mut request) {
            Ok(carried) => {
                let _scope = carried.brought.map(Deadline::enter);
                ResponseFuture::sent(self.inner.call(request), carried)
            }
            Err(elapsed) => ResponseFuture::late(elapsed),
        }
    }
}
