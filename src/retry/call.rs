//! What is decided between the attempts of a call.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower::{BoxError, Service};

use super::{KeepRequest, KeepResponse, RetryIf, Rules, budget::Token, events, future::Step, layer::Shared};
use crate::{Classify, Deadline, Error, Outcome, pooled::Pooled, state::attempts::Stop};

/// What a call carries from attempt to attempt.
pub(super) struct Call<S, Kept, Answer, R> {
    spare: S,
    kept: Option<Kept>,
    /// The last result that the service itself gave.
    last: Option<Result<Answer, Error>>,
    /// How many attempts were begun.
    pub(super) attempts: u32,
    shared: Pooled<Shared>,
    pub(super) rules: R,
}

impl<S, Kept, Answer, R> Call<S, Kept, Answer, R> {
    /// A call whose first attempt was sent.
    #[inline(always)]
    pub(super) const fn new(spare: S, kept: Option<Kept>, shared: Pooled<Shared>, rules: R) -> Self {
        Self { spare, kept, last: None, attempts: 1, shared, rules }
    }
}

impl<S, Kept, Answer, C, K, P> Call<S, Kept, Answer, Rules<C, K, P>> {
    /// Says what a result means, or that it is the last.
    #[inline(always)]
    pub(super) fn judge<Response>(&self, result: Result<&Response, &Error>) -> Result<Outcome, Stop>
    where
        C: Classify<Response>,
    {
        match result {
            Err(Error::Rejected(_)) if !self.shared.retries_rejected => Err(Stop::Rejected),
            Err(Error::Rejected(rejection)) => Ok(Outcome::Throttled { retry_after: rejection.retry_after() }),
            // The deadline was the caller's, though perhaps only the layers below know it.
            Err(Error::TimedOut(elapsed)) if elapsed.by_caller() => Err(Stop::Deadline),
            result => match self.rules.classifier.classify(result) {
                Outcome::Success => Err(Stop::Outcome),
                outcome => Ok(outcome),
            },
        }
    }

    #[inline(never)]
    pub(super) fn judge_error<Response, E>(&self, error: E) -> (Result<Response, Error>, Result<Outcome, Stop>)
    where
        C: Classify<Response>,
        E: Into<BoxError> + 'static,
    {
        let error = Error::lift(error);
        let judged = self.judge(Err(&error));
        (Err(error), judged)
    }

    /// Says how long to wait before the next attempt, or why there is none.
    #[inline(never)]
    pub(super) fn plan<Request, Response>(
        &self,
        outcome: Outcome,
        result: &Result<Response, Error>,
    ) -> Result<(Duration, Token), Stop>
    where
        K: KeepRequest<Request, Kept = Kept>,
        P: RetryIf<Kept, Response>,
    {
        let delay = Duration::from(self.shared.attempts.delay(self.attempts, outcome)?);
        let kept = self.kept.as_ref().ok_or(Stop::NoCopy)?;
        if !self.rules.retry_if.allows(kept, result.as_ref()) {
            return Err(Stop::RetryIf);
        }
        if is_too_late(delay, self.rules.keep.deadline(kept)) {
            return Err(Stop::Deadline);
        }
        let token = match &self.shared.budget {
            Some(budget) => budget.withdraw().ok_or(Stop::Budget)?,
            None => Token::FREE,
        };
        // Last, because it may end what the attempt before still does with the request.
        if !self.rules.keep.reclaim(kept) {
            return Err(Stop::NoCopy);
        }
        events::retrying(self.shared.name, self.attempts + 1, delay, outcome);
        Ok((delay, token))
    }

    /// Whether the next attempt would begin too late.
    pub(super) fn is_late<Request>(&self) -> bool
    where
        K: KeepRequest<Request, Kept = Kept>,
    {
        is_too_late(Duration::ZERO, self.kept.as_ref().and_then(|kept| self.rules.keep.deadline(kept)))
    }

    /// The step to the next attempt, which `token` pays for.
    pub(super) fn next_attempt<Request>(&mut self, token: Token) -> Step<S, K::Sent, Kept>
    where
        K: KeepRequest<Request, Kept = Kept>,
        S: Service<K::Sent> + Clone,
    {
        let request = self.kept.take().expect("a retry is planned with a request at hand");
        if !self.shared.attempts.is_last(self.attempts) {
            self.kept = self.rules.keep.copy(&request);
        }
        self.attempts += 1;
        Step::Readying { service: self.spare.clone(), unsent: Some((request, token)) }
    }

    /// Reads what is left of the last answer, which will most likely be replaced.
    #[inline(always)]
    pub(super) fn poll_rest<Response>(&mut self, cx: &mut Context<'_>) -> Poll<()>
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        match &mut self.last {
            Some(Ok(answer)) => self.rules.keep.poll_rest(answer, cx),
            _ => Poll::Ready(()),
        }
    }

    /// Lets go of what was not read.
    #[inline(always)]
    pub(super) fn drop_rest<Response>(&mut self)
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        if let Some(Ok(answer)) = &mut self.last {
            self.rules.keep.drop_rest(answer);
        }
    }

    /// Ends the call with the last result that the service itself gave.
    #[inline(always)]
    pub(super) fn end<Response>(&mut self, result: Result<Response, Error>, stop: Stop) -> Result<Answer, Error>
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        if stop == Stop::Outcome {
            return result.map(|response| self.rules.keep.answer(response));
        }
        let rejection = result.as_ref().err().filter(|error| error.rejection().is_some());
        events::stopped(self.shared.name, self.attempts, stop, rejection);
        self.keep(result);
        self.last.take().expect("it was just kept")
    }

    /// Ends the call because the next attempt would begin too late.
    pub(super) fn end_late(&mut self) -> Result<Answer, Error> {
        events::stopped(self.shared.name, self.attempts, Stop::Deadline, None);
        self.last.take().expect("a retry is planned with a result at hand")
    }

    /// Keeps a result, unless it is a rejection and the service itself has given one before.
    pub(super) fn keep<Response>(&mut self, result: Result<Response, Error>)
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        let was_sent = |error: Option<&Error>| !matches!(error, Some(Error::Rejected(_)));
        let last_was_sent = self.last.as_ref().is_some_and(|last| was_sent(last.as_ref().err()));
        if was_sent(result.as_ref().err()) || !last_was_sent {
            self.last = Some(result.map(|response| self.rules.keep.answer(response)));
        }
    }
}

/// Whether what begins after `delay` begins at the deadline or later, the nearer of the one around and the one of the request.
fn is_too_late(delay: Duration, brought: Option<Deadline>) -> bool {
    Deadline::current().into_iter().chain(brought).min().is_some_and(|deadline| deadline.remaining() <= delay)
}
