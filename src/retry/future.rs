//! The future of one call: its steps, and how it goes from one to the next.
//!
//! ```text
//! Sent -> Looking -> Draining -> Waiting -> Readying -> Sent -> ...
//! ```
//!
//! A call begins in `Sent`. It skips `Looking` and `Draining` when there is nothing to read or it is there at once, and `Waiting`
//! when there is no delay.

use std::fmt;
use std::mem;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower::{BoxError, Service};

use super::call::{Call, send};
use super::rules::RetryIf;
use crate::call::POLLED_AGAIN;
use crate::call::budget::Token;
use crate::call::copies::{DRAIN_FOR, KeepRequest, KeepResponse, LOOK_FOR, is_late};
use crate::error::Error;
use crate::outcome::{Classify, Outcome};
use crate::state::attempts::{RETRIES, Stop};
use crate::time;

pin_project! {
    /// What a call waits for. A `token` pays for the attempt to come.
    #[project = StepProj]
    pub(super) enum Step<Fut, S, Kept, Response> {
        /// The result of an attempt that was sent.
        Sent { #[pin] attempt: Fut },
        /// What comes after the head of its response, up to a time limit.
        Looking { #[pin] limit: Sleep, response: Option<Response> },
        /// The rest of the last response, up to a time limit.
        Draining { #[pin] limit: Sleep, due: Instant, token: Token },
        /// The time at which the next attempt is due.
        Waiting { #[pin] sleep: Sleep, token: Token },
        /// The inner service to be ready for the next attempt.
        Readying { service: S, unsent: Option<(Kept, Token)> },
    }
}

/// Goes on to a step, or ends the call with a result.
type Next<Fut, S, Kept, Inner, Response> = ControlFlow<Result<Response, Error>, Step<Fut, S, Kept, Inner>>;

pin_project! {
    /// The future of a [`Retry`](super::Retry)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped at any time, it stops at once. A token for an attempt that was not sent goes back to the budget.
    ///
    /// # Panics
    ///
    /// When it has to wait, outside a tokio runtime with a timer.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, C, K, P>
    where
        K: KeepRequest<Request>,
        K: KeepResponse<S::Response>,
        S: Service<K::Sent>,
    {
        #[pin]
        pub(super) step: Step<S::Future, S, K::Kept, S::Response>,
        pub(super) call: Call<S, Request, C, K, P>,
    }
}

impl<S, Request, C, K, P> Future for ResponseFuture<S, Request, C, K, P>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    P: RetryIf<K::Kept, S::Response>,
{
    type Output = Result<K::Response, Error>;

    /// Goes from step to step until the call ends.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut step, call) = (this.step, this.call);
        loop {
            let next = match step.as_mut().project() {
                // Sent => (Looking | Draining | Waiting | Readying | end): the head of the response may not show yet whether the call
                // failed; otherwise the result asks for another attempt, or is the last.
                StepProj::Sent { attempt } => match ready!(call.attempt(|| attempt.poll(cx))) {
                    Ok(mut response) => {
                        if call.poll_ahead(&mut response, cx).is_pending() {
                            call.note_tried();
                            Continue(Step::Looking { limit: sleep(LOOK_FOR), response: Some(response) })
                        } else {
                            match call.outcome(Ok(&response)) {
                                // Returned from here, because each step below would move it.
                                Ok(Outcome::Success) => {
                                    call.end(false);
                                    return Poll::Ready(Ok(call.receive(response)));
                                }
                                outcome => {
                                    call.note_tried();
                                    call.after_outcome(outcome, Ok(response), cx)
                                }
                            }
                        }
                    }
                    Err(error) => call.after_error(error, cx),
                },
                // Looking => (Draining | Waiting | Readying | end): that is known, or takes too long, and the head alone counts.
                StepProj::Looking { limit, response } => {
                    if call.poll_ahead(response.as_mut().expect(POLLED_AGAIN), cx).is_pending() {
                        ready!(limit.poll(cx));
                    }
                    let response = response.take().expect(POLLED_AGAIN);
                    call.after_outcome(call.outcome(Ok(&response)), Ok(response), cx)
                }
                // Draining => (Waiting | Readying | end): the response was read to its end, or it takes too long and is dropped.
                StepProj::Draining { limit, due, token } => {
                    ready!(call.poll_drained(limit, cx));
                    call.wait_until(*due, mem::take(token))
                }
                // Waiting => (Readying | end): the next attempt is due, or the timer was late and the deadline has passed.
                StepProj::Waiting { sleep, token } => {
                    ready!(sleep.poll(cx));
                    call.after_wait(mem::take(token))
                }
                // Readying => (Sent | Draining | Waiting | Readying | end): the service is ready, or its error is the result, or the
                // deadline has passed.
                StepProj::Readying { service, unsent } => {
                    let ready = ready!(call.attempt(|| service.poll_ready(cx)));
                    let (request, token) = unsent.take().expect(POLLED_AGAIN);
                    match ready {
                        Ok(()) if is_late(&call.rules.keep, &request, Duration::ZERO) => {
                            drop(token);
                            // It was begun, and will not be made.
                            call.attempts -= 1;
                            Break(call.stop_late())
                        }
                        Ok(()) => Continue(call.sent(service, request, token)),
                        Err(error) => {
                            // The token goes back first, because the next attempt may need it.
                            drop(token);
                            call.after_error(error, cx)
                        }
                    }
                }
            };
            match next {
                Continue(next) => step.set(next),
                Break(result) => return Poll::Ready(result),
            }
        }
    }
}

impl<S, Request, C, K, P> Call<S, Request, C, K, P>
where
    S: Service<K::Sent> + Clone,
    S::Error: Into<BoxError> + 'static,
    C: Classify<S::Response>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    P: RetryIf<K::Kept, S::Response>,
{
    /// Out of line, so that the path of a response stays short.
    #[inline(never)]
    fn after_error(
        &mut self,
        error: S::Error,
        cx: &mut Context<'_>,
    ) -> Next<S::Future, S, K::Kept, S::Response, K::Response> {
        self.note_tried();
        let error = self.explain(Error::lift(error));
        self.after_outcome(self.outcome(Err(&error)), Err(error), cx)
    }

    /// Ends the call, or goes on towards another attempt.
    #[inline(never)]
    fn after_outcome(
        &mut self,
        outcome: Result<Outcome, Stop>,
        result: Result<S::Response, Error>,
        cx: &mut Context<'_>,
    ) -> Next<S::Future, S, K::Kept, S::Response, K::Response> {
        let is_failure = outcome.map_or(true, Outcome::is_failure);
        match outcome.and_then(|outcome| self.plan(outcome, &result)) {
            Ok((delay, token)) => {
                self.keep(result);
                Continue(self.approach(delay, token, cx))
            }
            Err(stop) => Break(self.stop(stop, is_failure, result)),
        }
    }

    /// Returns the step towards an attempt that was planned.
    fn approach(
        &mut self,
        delay: Duration,
        token: Token,
        cx: &mut Context<'_>,
    ) -> Step<S::Future, S, K::Kept, S::Response> {
        if self.poll_rest(cx).is_pending() {
            Step::Draining { limit: sleep(DRAIN_FOR), due: time::after(time::now(), delay), token }
        } else if delay > Duration::ZERO {
            Step::Waiting { sleep: sleep(delay), token }
        } else {
            self.readying(token)
        }
    }

    fn poll_drained(&mut self, limit: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_rest(cx).is_pending() {
            ready!(limit.poll(cx));
        }
        self.drop_rest();
        Poll::Ready(())
    }

    fn wait_until(&mut self, due: Instant, token: Token) -> Next<S::Future, S, K::Kept, S::Response, K::Response> {
        if time::now() < due {
            return Continue(Step::Waiting { sleep: sleep_until(due), token });
        }
        self.after_wait(token)
    }

    fn after_wait(&mut self, token: Token) -> Next<S::Future, S, K::Kept, S::Response, K::Response> {
        if self.is_planned_late() {
            return Break(self.stop_late());
        }
        Continue(self.readying(token))
    }

    fn readying(&mut self, token: Token) -> Step<S::Future, S, K::Kept, S::Response> {
        let (service, request) = self.begin_attempt();
        Step::Readying { service, unsent: Some((request, token)) }
    }

    fn sent(&self, service: &mut S, request: K::Kept, token: Token) -> Step<S::Future, S, K::Kept, S::Response> {
        token.spend();
        self.core.row.count(RETRIES);
        Step::Sent { attempt: self.attempt(|| send(service, &self.rules.keep, request, self.attempts)) }
    }
}

impl<S, Request, C, K, P> fmt::Debug for ResponseFuture<S, Request, C, K, P>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
