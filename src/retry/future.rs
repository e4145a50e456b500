//! The future of one call: its attempts, and the waits between them.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower::{BoxError, Service};

use super::{KeepRequest, KeepResponse, RetryIf, Rules, budget::Token, call::Call, layer::Shared};
use crate::{Classify, Error, finish::POLLED_AGAIN, pooled::Pooled, state::attempts::Stop, time};

/// For how long the rest of an answer is read at most: it holds a connection, and places of layers below.
const DRAIN_FOR: Duration = Duration::from_millis(50);

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
            let (result, judged) = match this.step.as_mut().project() {
                StepProj::Sent { attempt } => match ready!(attempt.poll(cx)) {
                    Ok(response) => match this.call.judge(Ok(&response)) {
                        Err(Stop::Outcome) => return Poll::Ready(Ok(this.call.rules.keep.answer(response))),
                        judged => (Ok(response), judged),
                    },
                    Err(error) => this.call.judge_error(error),
                },
                StepProj::Draining { limit, due, token } => {
                    if this.call.poll_rest(cx).is_pending() {
                        ready!(limit.poll(cx));
                    }
                    this.call.drop_rest();
                    let (due, token) = (*due, token.take());
                    this.step.set(Step::Waiting { sleep: (time::now() < due).then(|| sleep_until(due)), token });
                    continue;
                }
                StepProj::Waiting { sleep, token } => {
                    if let Some(sleep) = sleep.as_pin_mut() {
                        ready!(sleep.poll(cx));
                    }
                    let token = token.take().expect(POLLED_AGAIN);
                    // The timer may have been late.
                    if this.call.is_late() {
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
                        let attempt = service.call(this.call.rules.keep.send(request, this.call.attempts));
                        this.step.set(Step::Sent { attempt });
                        continue;
                    }
                }
            };
            match judged.and_then(|outcome| this.call.plan(outcome, &result)) {
                Err(stop) => return Poll::Ready(this.call.end(result, stop)),
                Ok((delay, token)) => {
                    this.call.keep(result);
                    this.step.set(if this.call.poll_rest(cx).is_pending() {
                        let due = time::after(time::now(), delay);
                        Step::Draining { limit: sleep(DRAIN_FOR), due, token: Some(token) }
                    } else if delay > Duration::ZERO {
                        Step::Waiting { sleep: Some(sleep(delay)), token: Some(token) }
                    } else {
                        this.call.next_attempt(token)
                    });
                }
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
