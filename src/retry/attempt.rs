//! The steps of a call, and how it goes from one to the next.
//!
//! ```text
//! Sent -> Draining -> Waiting -> Readying -> Sent -> ...
//! ```
//!
//! A call begins in `Sent`. It skips `Draining` when there is nothing to read, and `Waiting` when there is no delay.

use std::{
    ops::ControlFlow::{self, Break, Continue},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower::{BoxError, Service};

use super::{
    call::{Call, Judged, send},
    rules::RetryIf,
};
use crate::{
    call::POLLED_AGAIN,
    call::{
        budget::Token,
        copies::{KeepRequest, KeepResponse},
    },
    error::Error,
    outcome::Classify,
    time,
};

/// How long to read the rest of a response at most. An unread response holds a connection, and places of layers below.
const DRAIN_FOR: Duration = Duration::from_millis(50);

pin_project! {
    /// What a call waits for. A `token` pays for the attempt to come.
    #[project = StepProj]
    pub(super) enum Step<S, Request, K>
    where
        K: KeepRequest<Request>,
        S: Service<K::Sent>,
    {
        /// The result of an attempt that was sent.
        Sent { #[pin] attempt: S::Future },
        /// The rest of the last response, up to a time limit.
        Draining { #[pin] limit: Sleep, due: Instant, token: Option<Token> },
        /// The time at which the next attempt is due.
        Waiting { #[pin] sleep: Option<Sleep>, token: Option<Token> },
        /// The inner service to be ready for the next attempt.
        Readying { service: S, unsent: Option<(K::Kept, Token)> },
    }
}

/// Goes on to a step, or ends the call with a result.
type Next<Step, Response> = ControlFlow<Result<Response, Error>, Step>;

impl<S, Request, K> Step<S, Request, K>
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    fn wait_until(due: Instant, token: Option<Token>) -> Self {
        Self::Waiting { sleep: (time::now() < due).then(|| sleep_until(due)), token }
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
    /// Goes from step to step until the call ends.
    pub(super) fn poll(
        &mut self,
        mut step: Pin<&mut Step<S, Request, K>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<K::Response, Error>> {
        loop {
            let next = match step.as_mut().project() {
                // Sent => (Draining | Waiting | Readying | end): the result asks for another attempt, or is the last.
                StepProj::Sent { attempt } => self.after_attempt(ready!(attempt.poll(cx)), cx),
                // Draining => Waiting: the response was read to its end, or it takes too long and is dropped.
                StepProj::Draining { limit, due, token } => {
                    ready!(self.poll_drained(limit, cx));
                    Continue(Step::wait_until(*due, token.take()))
                }
                // Waiting => (Readying | end): the next attempt is due, or the timer was late and the deadline has passed.
                StepProj::Waiting { sleep, token } => {
                    ready!(poll_slept(sleep, cx));
                    self.after_wait(token.take().expect(POLLED_AGAIN))
                }
                // Readying => (Sent | Draining | Waiting | Readying | end): the service is ready, or its error is the result.
                StepProj::Readying { service, unsent } => {
                    let ready = ready!(service.poll_ready(cx));
                    self.after_ready(service, unsent.take().expect(POLLED_AGAIN), ready, cx)
                }
            };
            match next {
                Continue(next) => step.set(next),
                Break(result) => return Poll::Ready(result),
            }
        }
    }

    fn after_attempt(
        &mut self,
        result: Result<S::Response, S::Error>,
        cx: &mut Context<'_>,
    ) -> Next<Step<S, Request, K>, K::Response> {
        match result {
            Ok(response) => self.after_result(Ok(response), cx),
            Err(error) => self.after_error(error, cx),
        }
    }

    /// Out of line, so that the path of a response stays short.
    #[inline(never)]
    fn after_error(&mut self, error: S::Error, cx: &mut Context<'_>) -> Next<Step<S, Request, K>, K::Response> {
        self.after_result(Err(Error::lift(error)), cx)
    }

    /// Ends the call, or goes on towards another attempt.
    #[inline(always)]
    fn after_result(
        &mut self,
        result: Result<S::Response, Error>,
        cx: &mut Context<'_>,
    ) -> Next<Step<S, Request, K>, K::Response> {
        let planned = match self.judge(result.as_ref()) {
            Judged::Done => return Break(self.receive(result)),
            Judged::Stop(stop) => Err(stop),
            Judged::Retry(outcome) => self.plan(outcome, &result),
        };
        match planned {
            Ok((delay, token)) => {
                self.keep(result);
                Continue(self.approach(delay, token, cx))
            }
            Err(stop) => Break(self.stop(stop, result)),
        }
    }

    /// The step towards an attempt that was planned.
    fn approach(&mut self, delay: Duration, token: Token, cx: &mut Context<'_>) -> Step<S, Request, K> {
        if self.poll_rest(cx).is_pending() {
            let due = time::after(time::now(), delay);
            Step::Draining { limit: sleep(DRAIN_FOR), due, token: Some(token) }
        } else if delay > Duration::ZERO {
            Step::Waiting { sleep: Some(sleep(delay)), token: Some(token) }
        } else {
            self.readying(token)
        }
    }

    fn after_wait(&mut self, token: Token) -> Next<Step<S, Request, K>, K::Response> {
        if self.is_late(Duration::ZERO) {
            return Break(self.stop_late());
        }
        Continue(self.readying(token))
    }

    fn readying(&mut self, token: Token) -> Step<S, Request, K> {
        let (service, request) = self.begin_attempt();
        Step::Readying { service, unsent: Some((request, token)) }
    }

    fn after_ready(
        &mut self,
        service: &mut S,
        (request, token): (K::Kept, Token),
        ready: Result<(), S::Error>,
        cx: &mut Context<'_>,
    ) -> Next<Step<S, Request, K>, K::Response> {
        match ready {
            Ok(()) => {
                token.spend();
                Continue(Step::Sent { attempt: send(service, &self.rules.keep, request, self.attempts) })
            }
            Err(error) => {
                // The token goes back first, because the next attempt may need it.
                drop(token);
                self.after_error(error, cx)
            }
        }
    }

    fn poll_drained(&mut self, limit: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_rest(cx).is_pending() {
            ready!(limit.poll(cx));
        }
        self.drop_rest();
        Poll::Ready(())
    }
}

fn poll_slept(sleep: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<()> {
    sleep.as_pin_mut().map_or(Poll::Ready(()), |sleep| sleep.poll(cx))
}
