//! The future of one call: its attempts, and the waits between them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::{BoxError, Service};

use super::{KeepRequest, KeepResponse, RetryIf, Rules, budget::Token, call::Call, layer::Shared};
use crate::{Classify, Error, finish::POLLED_AGAIN, pooled::Pooled, state::attempts::Stop, time};

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
        step: Step<S, K::Sent, K::Kept>,
        call: Call<S, K::Kept, K::Answer, Rules<C, K, P>>,
    }
}

pin_project! {
    #[project = StepProj]
    pub(super) enum Step<S, Sent, Kept>
    where
        S: Service<Sent>,
    {
        Sent { #[pin] attempt: S::Future },
        // Reads what is left of the last answer, for a while. The next attempt is due then, or already.
        Draining { #[pin] limit: Sleep, due: Instant, token: Option<Token> },
        Waiting { #[pin] sleep: Option<Sleep>, token: Option<Token> },
        Readying { service: S, unsent: Option<(Kept, Token)> },
    }
}

impl<S, Request, C, K, P> ResponseFuture<S, Request, C, K, P>
where
    S: Service<K::Sent>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
{
    #[inline(always)]
    pub(super) const fn new(
        first: S::Future,
        spare: S,
        kept: Option<K::Kept>,
        shared: Pooled<Shared>,
        rules: Rules<C, K, P>,
    ) -> Self {
        Self { step: Step::Sent { attempt: first }, call: Call::new(spare, kept, shared, rules) }
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
    type Output = Result<K::Answer, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.step.as_mut().project() {
                StepProj::Sent { attempt } => match ready!(attempt.poll(cx)) {
                    Ok(response) => match this.call.judge(Ok(&response)) {
                        Err(Stop::Outcome) => return Poll::Ready(Ok(this.call.rules.keep.answer(response))),
                        judged => this.call.after(Ok(response), judged, cx),
                    },
                    Err(error) => this.call.after_error(error, cx),
                },
                StepProj::Draining { limit, due, token } => {
                    if this.call.poll_rest(cx).is_pending() {
                        ready!(limit.poll(cx));
                    }
                    this.call.drop_rest();
                    Ok(Step::Waiting { sleep: (time::now() < *due).then(|| sleep_until(*due)), token: token.take() })
                }
                StepProj::Waiting { sleep, token } => {
                    if let Some(sleep) = sleep.as_pin_mut() {
                        ready!(sleep.poll(cx));
                    }
                    this.call.after_wait(token.take().expect(POLLED_AGAIN))
                }
                StepProj::Readying { service, unsent } => {
                    let ready = ready!(service.poll_ready(cx));
                    let (request, token) = unsent.take().expect(POLLED_AGAIN);
                    match ready {
                        Ok(()) => {
                            token.spend();
                            let request = this.call.rules.keep.send(request, this.call.attempts);
                            Ok(Step::Sent { attempt: service.call(request) })
                        }
                        Err(error) => {
                            drop(token);
                            this.call.after_error(error, cx)
                        }
                    }
                }
            };
            match next {
                Ok(step) => this.step.set(step),
                Err(result) => return Poll::Ready(result),
            }
        }
    }
}

impl<S, Request, C, K, P> fmt::Debug for ResponseFuture<S, Request, C, K, P>
where
    S: Service<K::Sent>,
    K: KeepRequest<Request> + KeepResponse<S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
