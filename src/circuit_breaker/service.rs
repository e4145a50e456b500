//! The service: asks the circuit, then the service within.

use std::{
    mem,
    task::{Context, Poll, Waker, ready},
};

use tower::{BoxError, Service};

use super::{CircuitGuard, ResponseFuture, Settle, breaker::Breaker};
use crate::{DefaultClassifier, Error, finish::Finish, pooled::Pooled};

/// Rejects calls to a service that keeps failing.
///
/// Made by a [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
#[derive(Debug)]
pub struct CircuitBreaker<S, F = Settle<DefaultClassifier>> {
    inner: S,
    /// Whether `inner` was polled ready since it was last called.
    ready: bool,
    breaker: Pooled<Breaker>,
    finish: F,
}

impl<S, F> CircuitBreaker<S, F> {
    pub(super) const fn new(inner: S, breaker: Pooled<Breaker>, finish: F) -> Self {
        Self { inner, ready: false, breaker, finish }
    }

    /// The service within was polled ready.
    #[inline(always)]
    pub(super) const fn over_ready(inner: S, breaker: Pooled<Breaker>, finish: F) -> Self {
        Self { inner, ready: true, breaker, finish }
    }

    /// Records that the service failed to be ready.
    #[cold]
    fn unready<Request>(&self, error: S::Error) -> Error
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
        F: Finish<CircuitGuard, S::Response> + Clone,
    {
        let error = Error::lift(error);
        if let Ok(guard) = CircuitGuard::admit(&self.breaker) {
            self.finish.clone().failed(guard, &error);
        }
        error
    }

    /// Sees to it that the service is ready for a call that was let through without a look at it.
    ///
    /// `poll_ready` found the circuit open, and it let the call pass all the same. There is no task to wake here, so one look
    /// must do.
    #[cold]
    fn make_ready<Request>(&mut self, mut guard: CircuitGuard) -> Result<CircuitGuard, Error>
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
        F: Finish<CircuitGuard, S::Response> + Clone,
    {
        match guard.run(|| self.inner.poll_ready(&mut Context::from_waker(Waker::noop()))) {
            Poll::Ready(Ok(())) => Ok(guard),
            Poll::Pending => Err(Error::Rejected(guard.refuse())),
            Poll::Ready(Err(error)) => {
                let error = Error::lift(error);
                self.finish.clone().failed(guard, &error);
                Err(error)
            }
        }
    }
}

impl<S, Request, F> Service<Request> for CircuitBreaker<S, F>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Finish<CircuitGuard, S::Response> + Clone,
{
    type Response = F::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, F>;

    /// Is ready without a look at the service within while the circuit is open, or half-open with its probes taken or hung:
    /// the answer will be a rejection.
    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.breaker.needs_no_service() {
            return Poll::Ready(Ok(()));
        }
        self.ready = false;
        match ready!(self.inner.poll_ready(cx)) {
            Ok(()) => {
                self.ready = true;
                Poll::Ready(Ok(()))
            }
            Err(error) => Poll::Ready(Err(self.unready(error))),
        }
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let mut guard = match self.breaker.admit() {
            Ok(entry) => CircuitGuard::of(&self.breaker, entry),
            Err(refused) => return ResponseFuture::rejected(self.breaker.reject(refused)),
        };
        if !mem::take(&mut self.ready) {
            guard = match self.make_ready(guard) {
                Ok(guard) => guard,
                Err(error) => return ResponseFuture::failed(error),
            };
        }
        let future = guard.run(|| self.inner.call(request));
        ResponseFuture::sent(future, guard, self.finish.clone())
    }
}

/// A clone has not been polled ready.
impl<S: Clone, F: Clone> Clone for CircuitBreaker<S, F> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.breaker.clone(), self.finish.clone())
    }
}
