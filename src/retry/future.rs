//! The future of one call: its attempts, and the waits between them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower::{BoxError, Service};

use super::{
    Policy,
    budget::Token,
    call::{Call, is_too_late},
    layer::Shared,
};
use crate::{Error, finish::POLLED_AGAIN, pooled::Pooled, state::attempts::Stop};

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
    pub struct ResponseFuture<S, Request, P>
    where
        S: Service<Request>,
    {
        #[pin]
        step: Step<S, Request>,
        call: Call<S, Request, S::Response, P>,
    }
}

pin_project! {
    #[project = StepProj]
    pub(super) enum Step<S, Request>
    where
        S: Service<Request>,
    {
        Sent { #[pin] attempt: S::Future },
        Waiting { #[pin] sleep: Sleep, token: Option<Token> },
        Readying { service: S, unsent: Option<(Request, Token)> },
    }
}

impl<S: Service<Request>, Request, P> ResponseFuture<S, Request, P> {
    #[inline(always)]
    pub(super) const fn new(
        first: S::Future,
        spare: S,
        kept: Option<Request>,
        shared: Pooled<Shared>,
        policy: P,
    ) -> Self {
        Self { step: Step::Sent { attempt: first }, call: Call::new(spare, kept, shared, policy) }
    }
}

impl<S, Request, P> Future for ResponseFuture<S, Request, P>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    P: Policy<Request, S::Response>,
{
    type Output = Result<S::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let (result, judged) = match this.step.as_mut().project() {
                StepProj::Sent { attempt } => match ready!(attempt.poll(cx)) {
                    Ok(response) => match this.call.judge(Ok(&response)) {
                        Err(Stop::Outcome) => return Poll::Ready(Ok(response)),
                        judged => (Ok(response), judged),
                    },
                    Err(error) => this.call.judge_error(error),
                },
                StepProj::Waiting { sleep, token } => {
                    ready!(sleep.poll(cx));
                    let token = token.take().expect(POLLED_AGAIN);
                    // The timer may have been late.
                    if is_too_late(Duration::ZERO) {
                        return Poll::Ready(this.call.end_late());
                    }
                    this.step.set(this.call.next_attempt(token));
                    continue;
                }
                StepProj::Readying { service, unsent } => {
                    let ready = ready!(service.poll_ready(cx));
                    let (request, token) = unsent.take().expect(POLLED_AGAIN);
                    if let Err(error) = ready {
                        drop(token);
                        this.call.judge_error(error)
                    } else {
                        token.spend();
                        let attempt = service.call(request);
                        this.step.set(Step::Sent { attempt });
                        continue;
                    }
                }
            };
            match judged.and_then(|outcome| this.call.plan(outcome, &result)) {
                Err(stop) => return Poll::Ready(this.call.end(result, stop)),
                Ok((delay, token)) => {
                    this.call.keep(result);
                    this.step.set(match delay {
                        Duration::ZERO => this.call.next_attempt(token),
                        delay => Step::Waiting { sleep: sleep(delay), token: Some(token) },
                    });
                }
            }
        }
    }
}

impl<S: Service<Request>, Request, P> fmt::Debug for ResponseFuture<S, Request, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
