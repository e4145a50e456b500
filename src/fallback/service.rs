//! The service: makes the call, and leaves the fallback to its future.

use std::task::{Context, Poll, ready};

use tower::{BoxError, Service};

use super::{ByOutcome, ResponseFuture, Step, Take};
use crate::{Error, Name};

/// Answers something useful when the call failed.
///
/// Made by a [`FallbackLayer`](super::FallbackLayer).
#[derive(Debug)]
pub struct Fallback<S, F, T = ByOutcome> {
    inner: S,
    /// Why the service within could not be readied; the next call falls back.
    unready: Option<Error>,
    step: F,
    take: T,
    name: Name,
}

impl<S, F, T> Fallback<S, F, T> {
    pub(super) const fn new(inner: S, step: F, take: T, name: Name) -> Self {
        Self { inner, unready: None, step, take, name }
    }
}

impl<S, Request, F, T> Service<Request> for Fallback<S, F, T>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Step<Request, S::Response> + Clone,
    T: Take<S::Response> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, Request, S::Response, F, T>;

    /// Is ready also when the service within failed to be: that is what the fallback is for.
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.unready.is_none() {
            self.unready = ready!(self.inner.poll_ready(cx)).map_err(Error::lift).err();
        }
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let kept = self.step.keep(&request);
        let fallback = (self.step.clone(), kept);
        match self.unready.take() {
            None => ResponseFuture::calling(self.inner.call(request), fallback, self.take.clone(), self.name),
            Some(error) => ResponseFuture::failed(error, fallback, self.take.clone(), self.name),
        }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, F: Clone, T: Clone> Clone for Fallback<S, F, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.step.clone(), self.take.clone(), self.name)
    }
}
