//! The service that the layer makes: it makes the call, and its future takes the fallback.

use std::mem;
use std::task::{Context, Poll, Waker};

use tower::{BoxError, Layer, Service};

use super::degraded::Degraded;
use super::fallback_if::{ByOutcome, FallbackIf};
use super::future::{ResponseFuture, State};
use super::layer::FallbackLayer;
use super::rehearsal;
use super::step::Step;
use crate::call::{Mark, Plain};
use crate::error::{Error, Rejection};

/// Answers something useful when the call failed.
///
/// Made by a [`FallbackLayer`](super::FallbackLayer).
#[derive(Debug)]
pub struct Fallback<S, F, T = ByOutcome, M = Plain> {
    inner: S,
    readiness: Readiness,
    layer: FallbackLayer<F, T, M>,
}

/// What the inner service said since it was last called.
#[derive(Debug)]
enum Readiness {
    /// It is not ready, or was not asked.
    Unknown,
    Ready,
    /// It failed to become ready. The next call takes the fallback.
    Failed(Error),
}

impl<S, F: Clone, T: Clone, M: Clone> Layer<S> for FallbackLayer<F, T, M> {
    type Service = Fallback<S, F, T, M>;

    fn layer(&self, inner: S) -> Self::Service {
        Fallback { inner, readiness: Readiness::Unknown, layer: self.clone() }
    }
}

impl<S, F, T, M> Fallback<S, F, T, M> {
    /// The error of a call that is not sent, and whether the fallback is taken whatever the condition says.
    #[inline(always)]
    fn unsent<Request>(&mut self) -> Option<(Error, bool)>
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
    {
        if matches!(self.readiness, Readiness::Ready) && !self.layer.core.is_always() {
            self.readiness = Readiness::Unknown;
            return None;
        }
        self.look()
    }

    /// The same where the inner service is not known to be ready, or is not to be called.
    #[cold]
    fn look<Request>(&mut self) -> Option<(Error, bool)>
    where
        S: Service<Request>,
        S::Error: Into<BoxError> + 'static,
    {
        let mut readiness = mem::replace(&mut self.readiness, Readiness::Unknown);
        let switched_off = || Some((Rejection::of_fallback(self.layer.core.row.name()).into(), true));
        if self.layer.core.is_always() {
            return switched_off();
        }
        if matches!(readiness, Readiness::Unknown) {
            // When `poll_ready` was called, the fallback was to answer always. There is no task to wake here, so one look must do.
            readiness = Readiness::of(self.inner.poll_ready(&mut Context::from_waker(Waker::noop())));
        }
        match readiness {
            Readiness::Ready => None,
            Readiness::Failed(error) => Some((error, false)),
            Readiness::Unknown => switched_off(),
        }
    }
}

impl Readiness {
    fn of<E: Into<BoxError> + 'static>(polled: Poll<Result<(), E>>) -> Self {
        match polled {
            Poll::Pending => Self::Unknown,
            Poll::Ready(Ok(())) => Self::Ready,
            Poll::Ready(Err(error)) => Self::Failed(Error::lift(error)),
        }
    }
}

impl<S, Request, F, T, M> Service<Request> for Fallback<S, F, T, M>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Step<Request, S::Response> + Clone,
    T: FallbackIf<S::Response> + Clone,
    M: Mark<S::Response, Degraded> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, Request, S::Response, F, T, M>;

    /// Is ready also when the inner service failed to become ready, because that too is a failure for the fallback. While the fallback
    /// is to answer always, it does not ask.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if !matches!(self.readiness, Readiness::Failed(_)) && !self.layer.core.is_always() {
            self.readiness = Readiness::of(self.inner.poll_ready(cx));
            if matches!(self.readiness, Readiness::Unknown) {
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let unsent = self.unsent();
        let FallbackLayer { step, condition, mark, core, objective } = &self.layer;
        let kept = step.keep(&request);
        let fallback = Some((step.clone(), kept));
        let (condition, mark, row, objective) = (condition.clone(), mark.clone(), core.row, *objective);
        // The future is made in each arm, so that the call is not moved once more.
        let Some((error, is_forced)) = unsent else {
            let rehearsal = if core.rehearses() { rehearsal::begin(row, step, &request) } else { None };
            let state = State::Calling { call: self.inner.call(request) };
            return ResponseFuture { state, fallback, rehearsal, condition, mark, row, objective, has_waited: false };
        };
        let state = State::Unsent { error: Some(error), is_forced };
        ResponseFuture { state, fallback, rehearsal: None, condition, mark, row, objective, has_waited: false }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, F: Clone, T: Clone, M: Clone> Clone for Fallback<S, F, T, M> {
    fn clone(&self) -> Self {
        self.layer.layer(self.inner.clone())
    }
}
