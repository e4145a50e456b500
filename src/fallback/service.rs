//! The service that the layer makes: it makes the call, and its future takes the fallback.

use std::mem;
use std::task::{Context, Poll, Waker};

use tower::{BoxError, Layer, Service};

use super::degraded::Degraded;
use super::fallback_if::{ByOutcome, FallbackIf};
use super::future::{ResponseFuture, State};
use super::layer::FallbackLayer;
use super::rehearsal;
use super::shared::Core;
use super::step::Step;
use crate::call::{Mark, Plain};
use crate::error::Error;

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

/// Whether a call is sent, or why not: by an error of readiness, or by none, when the fallback is to answer. Asked where the inner
/// service is not known to be ready, or is not to be called.
#[cold]
fn look<Request, S>(core: &Core, inner: &mut S, readiness: &mut Readiness) -> Result<(), Option<Box<Error>>>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
{
    let mut readiness = mem::replace(readiness, Readiness::Unknown);
    if core.is_always() {
        return Err(None);
    }
    if matches!(readiness, Readiness::Unknown) {
        // When `poll_ready` was called, the fallback was to answer always. There is no task to wake here, so one look must do.
        readiness = Readiness::of(inner.poll_ready(&mut Context::from_waker(Waker::noop())));
    }
    match readiness {
        Readiness::Ready => Ok(()),
        Readiness::Failed(error) => Err(Some(Box::new(error))),
        Readiness::Unknown => Err(None),
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
        let FallbackLayer { step, condition, mark, core, objective } = &self.layer;
        let core: &Core = core;
        let kept = step.keep(&request);
        let fallback = Some((step.clone(), kept));
        let (condition, mark, row, objective) = (condition.clone(), mark.clone(), core.row, *objective);
        let sends = if matches!(self.readiness, Readiness::Ready) && !core.is_always() {
            self.readiness = Readiness::Unknown;
            Ok(())
        } else {
            look(core, &mut self.inner, &mut self.readiness)
        };
        // The future is made in each arm, so that the call is not moved once more.
        match sends {
            Ok(()) => {
                let rehearsal = if core.rehearses() { rehearsal::begin(row, step, &request) } else { None };
                let state = State::Calling { call: self.inner.call(request) };
                ResponseFuture { state, fallback, rehearsal, condition, mark, row, objective, has_waited: false }
            }
            Err(unready) => {
                let state = State::Unsent { unready };
                ResponseFuture { state, fallback, rehearsal: None, condition, mark, row, objective, has_waited: false }
            }
        }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, F: Clone, T: Clone, M: Clone> Clone for Fallback<S, F, T, M> {
    fn clone(&self) -> Self {
        self.layer.layer(self.inner.clone())
    }
}
