//! What is decided between the attempts of a call.

use std::time::Duration;

use tower::{BoxError, Service};

use super::{Policy, budget::Token, events, future::Step, layer::Shared};
use crate::{Deadline, Error, Outcome, pooled::Pooled, state::attempts::Stop};

/// What a call carries from attempt to attempt.
pub(super) struct Call<S, Request, Response, P> {
    spare: S,
    kept: Option<Request>,
    /// The last result that the service itself gave.
    last: Option<Result<Response, Error>>,
    /// How many attempts were begun.
    pub(super) attempts: u32,
    shared: Pooled<Shared>,
    policy: P,
}

impl<S, Request, Response, P> Call<S, Request, Response, P> {
    /// A call whose first attempt was sent.
    #[inline(always)]
    pub(super) const fn new(spare: S, kept: Option<Request>, shared: Pooled<Shared>, policy: P) -> Self {
        Self { spare, kept, last: None, attempts: 1, shared, policy }
    }
}

impl<S, Request, Response, P> Call<S, Request, Response, P>
where
    P: Policy<Request, Response>,
{
    /// Says what a result means, or that it is the last.
    #[inline(always)]
    pub(super) fn judge(&self, result: Result<&Response, &Error>) -> Result<Outcome, Stop> {
        match result {
            Err(Error::Rejected(_)) if !self.shared.retries_rejected => Err(Stop::Rejected),
            Err(Error::Rejected(rejection)) => Ok(Outcome::Throttled { retry_after: rejection.retry_after() }),
            result => match self.policy.classify(result) {
                Outcome::Success => Err(Stop::Outcome),
                outcome => Ok(outcome),
            },
        }
    }

    #[inline(never)]
    pub(super) fn judge_error<E>(&self, error: E) -> (Result<Response, Error>, Result<Outcome, Stop>)
    where
        E: Into<BoxError> + 'static,
    {
        let error = Error::lift(error);
        let judged = self.judge(Err(&error));
        (Err(error), judged)
    }

    /// Says how long to wait before the next attempt, or why there is none.
    #[inline(never)]
    pub(super) fn plan(&self, outcome: Outcome, result: &Result<Response, Error>) -> Result<(Duration, Token), Stop> {
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

    /// The step to the next attempt, which `token` pays for.
    pub(super) fn next_attempt(&mut self, token: Token) -> Step<S, Request>
    where
        S: Service<Request> + Clone,
    {
        let request = self.kept.take().expect("a retry is planned with a request at hand");
        if !self.shared.attempts.is_last(self.attempts) {
            self.kept = self.policy.copy(&request);
        }
        self.attempts += 1;
        Step::Readying { service: self.spare.clone(), unsent: Some((request, token)) }
    }

    /// Ends the call with the last result that the service itself gave.
    #[inline(always)]
    pub(super) fn end(&mut self, result: Result<Response, Error>, stop: Stop) -> Result<Response, Error> {
        if stop == Stop::Outcome {
            return result;
        }
        let rejection = result.as_ref().err().filter(|error| error.rejection().is_some());
        events::stopped(self.shared.name, self.attempts, stop, rejection);
        self.keep(result);
        self.last.take().expect("it was just kept")
    }

    /// Ends the call because the next attempt would begin too late.
    pub(super) fn end_late(&mut self) -> Result<Response, Error> {
        let last = self.last.take().expect("a retry is planned with a result at hand");
        self.end(last, Stop::Deadline)
    }

    /// Keeps a result, unless it is a rejection and the service itself has given one before.
    pub(super) fn keep(&mut self, result: Result<Response, Error>) {
        let was_sent = |result: &Result<Response, Error>| !matches!(result, Err(Error::Rejected(_)));
        if was_sent(&result) || !self.last.as_ref().is_some_and(was_sent) {
            self.last = Some(result);
        }
    }
}

/// Whether what begins after `delay` begins at the deadline or later.
pub(super) fn is_too_late(delay: Duration) -> bool {
    Deadline::current().is_some_and(|deadline| deadline.remaining() <= delay)
}
