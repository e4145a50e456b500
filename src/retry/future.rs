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

use super::{Policy, budget::Token, events, layer::Shared};
use crate::{Deadline, Error, Outcome, state::attempts::Stop, sync::Arc};

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

/// What a call carries from attempt to attempt.
struct Call<S, Request, Response, P> {
    spare: S,
    kept: Option<Request>,
    /// The last result that the service itself gave.
    last: Option<Result<Response, Error>>,
    /// How many attempts were begun.
    attempts: u32,
    shared: Arc<Shared>,
    policy: P,
}

impl<S: Service<Request>, Request, P> ResponseFuture<S, Request, P> {
    #[inline]
    pub(super) const fn new(first: S::Future, spare: S, kept: Option<Request>, shared: Arc<Shared>, policy: P) -> Self {
        let call = Call { spare, kept, last: None, attempts: 1, shared, policy };
        Self { step: Step::Sent { attempt: first }, call }
    }
}

impl<S, Request, P> Future for ResponseFuture<S, Request, P>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    P: Policy<Request, S::Response>,
{
    type Output = Result<S::Response, Error>;

    #[inline]
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

impl<S, Request, Response, P> Call<S, Request, Response, P>
where
    P: Policy<Request, Response>,
{
    /// Says how long to wait before the next attempt, or why there is none.
    #[inline]
    fn judge(&self, result: &Result<Response, Error>) -> Result<(Duration, Token), Stop> {
        let outcome = match result {
            Ok(response) => self.policy.classify(Ok(response)),
            Err(Error::Rejected(_)) if !self.shared.retries_rejected => return Err(Stop::Rejected),
            Err(Error::Rejected(rejection)) => Outcome::Throttled { retry_after: rejection.retry_after() },
            Err(error) => self.policy.classify(Err(error)),
        };
        if matches!(outcome, Outcome::Success) { Err(Stop::Outcome) } else { self.plan(outcome, result) }
    }

    #[inline(never)]
    fn plan(&self, outcome: Outcome, result: &Result<Response, Error>) -> Result<(Duration, Token), Stop> {
        let delay = Duration::from(self.shared.attempts.delay(self.attempts, outcome)?);
        let kept = self.kept.as_ref().ok_or(Stop::NoCopy)?;
        if !self.policy.allows(kept, result.as_ref()) {
            return Err(Stop::RetryIf);
        }
        if is_too_late(delay) {
            return Err(Stop::Deadline);
        }
        let token = match &self.shared.budget {
            Some(budget) => budget.withdraw().ok_or(Stop::Budget)?,
            None => Token::FREE,
        };
        events::retrying(self.shared.name, self.attempts + 1, delay, outcome);
        Ok((delay, token))
    }

    fn next_attempt(&mut self) -> (S, Request)
    where
        S: Service<Request> + Clone,
    {
        let request = self.kept.take().expect("a retry is planned with a request at hand");
        if !self.shared.attempts.is_last(self.attempts) {
            self.kept = self.policy.copy(&request);
        }
        self.attempts += 1;
        (self.spare.clone(), request)
    }

    /// Ends the call with the last result that the service itself gave.
    #[inline]
    fn end(&mut self, result: Result<Response, Error>, stop: Stop) -> Result<Response, Error> {
        if stop == Stop::Outcome {
            return result;
        }
        let rejection = result.as_ref().err().filter(|error| error.rejection().is_some());
        events::stopped(self.shared.name, self.attempts, stop, rejection);
        self.keep(result);
        self.last.take().expect("it was just kept")
    }

    /// Ends the call because the next attempt would begin too late.
    fn end_late(&mut self) -> Result<Response, Error> {
        let last = self.last.take().expect("a retry is planned with a result at hand");
        self.end(last, Stop::Deadline)
    }

    /// Keeps a result, unless it is a rejection and the service itself has given one before.
    fn keep(&mut self, result: Result<Response, Error>) {
        let was_sent = |result: &Result<Response, Error>| !matches!(result, Err(Error::Rejected(_)));
        if was_sent(&result) || !self.last.as_ref().is_some_and(was_sent) {
            self.last = Some(result);
        }
    }
}

/// Whether what begins after `delay` begins at the deadline or later.
fn is_too_late(delay: Duration) -> bool {
    Deadline::current().is_some_and(|deadline| deadline.remaining() <= delay)
}

const POLLED_AGAIN: &str = "a future is not polled after it is done";

impl<S: Service<Request>, Request, P> fmt::Debug for ResponseFuture<S, Request, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("attempts", &self.call.attempts).finish_non_exhaustive()
    }
}
