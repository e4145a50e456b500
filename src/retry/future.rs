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
use crate::{Error, pooled::Pooled};

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
    enum Step<S, Request>
    where
        S: Service<Request>,
    {
        Sent { #[pin] attempt: S::Future },
        Waiting { #[pin] sleep: Option<Sleep>, token: Option<Token> },
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
            let result = match this.step.as_mut().project() {
                StepProj::Sent { attempt } => ready!(attempt.poll(cx)),
                StepProj::Waiting { sleep, token } => {
                    if let Some(sleep) = sleep.as_pin_mut() {
                        ready!(sleep.poll(cx));
                    }
                    let token = token.take().expect(POLLED_AGAIN);
                    // The timer may have been late.
                    if is_too_late(Duration::ZERO) {
                        return Poll::Ready(this.call.end_late());
                    }
                    let (service, request) = this.call.next_attempt();
                    this.step.set(Step::Readying { service, unsent: Some((request, token)) });
                    continue;
                }
                StepProj::Readying { service, unsent } => {
                    let ready = ready!(service.poll_ready(cx));
                    let (request, token) = unsent.take().expect(POLLED_AGAIN);
                    if let Err(error) = ready {
                        Err(error)
                    } else {
                        token.spend();
                        let attempt = service.call(request);
                        this.step.set(Step::Sent { attempt });
                        continue;
                    }
                }
            };
            let result = result.map_err(Error::lift);
            match this.call.judge(&result) {
                Err(stop) => return Poll::Ready(this.call.end(result, stop)),
                Ok((delay, token)) => {
                    this.call.keep(result);
                    let sleep = (delay > Duration::ZERO).then(|| sleep(delay));
                    this.step.set(Step::Waiting { sleep, token: Some(token) });
                }
            }
        }
    }
}

const POLLED_AGAIN: &str = "a future is not polled after it is done";

impl<S: Service<Request>, Request, P> fmt::Debug for ResponseFuture<S, Request, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
