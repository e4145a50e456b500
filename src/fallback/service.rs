//! The service: it makes the call, and its future takes the fallback.

use std::task::{Context, Poll, ready};

use tower::{BoxError, Service};

use super::fallback_if::{ByOutcome, FallbackIf};
use super::future::{ResponseFuture, State};
use super::step::Step;
use crate::error::Error;
use crate::registry::{Entry, Row};

/// Answers something useful when the call failed.
///
/// Made by a [`FallbackLayer`](super::FallbackLayer).
#[derive(Debug)]
pub struct Fallback<S, F, T = ByOutcome> {
    inner: S,
    /// Why the inner service failed to become ready. The next call takes the fallback.
    unready: Option<Error>,
    step: F,
    condition: T,
    entry: Entry,
    objective: Option<&'static Row>,
}

impl<S, F, T> Fallback<S, F, T> {
    pub(super) const fn new(inner: S, step: F, condition: T, entry: Entry, objective: Option<&'static Row>) -> Self {
        Self { inner, unready: None, step, condition, entry, objective }
    }
}

impl<S, Request, F, T> Service<Request> for Fallback<S, F, T>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    F: Step<Request, S::Response> + Clone,
    T: FallbackIf<S::Response> + Clone,
{
    type Response = S::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, Request, S::Response, F, T>;

    /// Is ready also when the inner service failed to become ready, because that too is a failure for the fallback.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.unready.is_none() {
            self.unready = ready!(self.inner.poll_ready(cx)).map_err(Error::lift).err();
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let kept = self.step.keep(&request);
        let fallback = Some((self.step.clone(), kept));
        let (condition, row, objective) = (self.condition.clone(), self.entry.row(), self.objective);
        // The future is made in each arm, so that the call is not moved once more.
        match self.unready.take() {
            None => {
                let state = State::Calling { call: self.inner.call(request) };
                ResponseFuture { state, fallback, condition, row, objective, has_waited: false }
            }
            error => ResponseFuture {
                state: State::Unready { error },
                fallback,
                condition,
                row,
                objective,
                has_waited: false,
            },
        }
    }
}

/// A clone has not been polled ready.
impl<S: Clone, F: Clone, T: Clone> Clone for Fallback<S, F, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.step.clone(), self.condition.clone(), self.entry.clone(), self.objective)
    }
}
