//! What is decided between the attempts of a call.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::sleep;
use tower::{BoxError, Service};

use super::{KeepRequest, KeepResponse, RetryIf, Rules, budget::Token, future::Step, layer::Shared};
use crate::{Classify, Deadline, Error, Outcome, event::Event, pooled::Pooled, state::attempts::Stop, time};

/// For how long the rest of an answer is read at most: it holds a connection, and places of layers below.
const DRAIN_FOR: Duration = Duration::from_millis(50);

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

impl<S, Kept, Answer, R> Call<S, Kept, Answer, R> {
    fn tell_stopped(&self, stop: Stop, rejection: Option<&Error>) {
        self.shared.tell(&Event::Stopped { attempt: self.attempts, reason: stop.as_str(), rejection });
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

    /// The step after a result, or the end of the call.
    #[inline(always)]
    pub(super) fn after<Request, Response>(
        &mut self,
        result: Result<Response, Error>,
        judged: Result<Outcome, Stop>,
        cx: &mut Context<'_>,
    ) -> Result<Step<S, K::Sent, Kept>, Result<Answer, Error>>
    where
        K: KeepRequest<Request, Kept = Kept> + KeepResponse<Response, Answer = Answer>,
        P: RetryIf<Kept, Response>,
        S: Service<K::Sent> + Clone,
    {
        let (delay, token) = match judged.and_then(|outcome| self.plan(outcome, &result)) {
            Ok(planned) => planned,
            Err(stop) => return Err(self.end(result, stop)),
        };
        self.keep(result);
        Ok(if self.poll_rest(cx).is_pending() {
            let due = time::after(time::now(), delay);
            Step::Draining { limit: sleep(DRAIN_FOR), due, token: Some(token) }
        } else if delay > Duration::ZERO {
            Step::Waiting { sleep: Some(sleep(delay)), token: Some(token) }
        } else {
            self.next_attempt(token)
        })
    }

    #[inline(never)]
    pub(super) fn after_error<Request, Response, E>(
        &mut self,
        error: E,
        cx: &mut Context<'_>,
    ) -> Result<Step<S, K::Sent, Kept>, Result<Answer, Error>>
    where
        C: Classify<Response>,
        E: Into<BoxError> + 'static,
        K: KeepRequest<Request, Kept = Kept> + KeepResponse<Response, Answer = Answer>,
        P: RetryIf<Kept, Response>,
        S: Service<K::Sent, Response = Response> + Clone,
    {
        let error = Error::lift(error);
        let judged = self.judge(Err(&error));
        self.after(Err(error), judged, cx)
    }

    /// Says how long to wait before the next attempt, or why there is none.
    #[inline(never)]
    fn plan<Request, Response>(
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
        if self.is_late(delay) {
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
        let (attempt, error) = (self.attempts + 1, result.as_ref().err());
        self.shared.tell(&Event::Retrying { attempt, delay, outcome, error });
        Ok((delay, token))
    }

    /// Whether what begins after `delay` begins too late: at the deadline around, at the one of the request, or later.
    fn is_late<Request>(&self, delay: Duration) -> bool
    where
        K: KeepRequest<Request, Kept = Kept>,
    {
        let own = self.kept.as_ref().and_then(|kept| self.rules.keep.deadline(kept));
        Deadline::current().into_iter().chain(own).min().is_some_and(|deadline| deadline.remaining() <= delay)
    }

    /// The step to the next attempt, which `token` pays for.
    fn next_attempt<Request>(&mut self, token: Token) -> Step<S, K::Sent, Kept>
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

    /// The step after the wait, or the end of the call: the timer may have been late.
    pub(super) fn after_wait<Request>(&mut self, token: Token) -> Result<Step<S, K::Sent, Kept>, Result<Answer, Error>>
    where
        K: KeepRequest<Request, Kept = Kept>,
        S: Service<K::Sent> + Clone,
    {
        if !self.is_late(Duration::ZERO) {
            return Ok(self.next_attempt(token));
        }
        self.tell_stopped(Stop::Deadline, None);
        Err(self.last.take().expect("a retry is planned with a result at hand"))
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
    fn end<Response>(&mut self, result: Result<Response, Error>, stop: Stop) -> Result<Answer, Error>
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        if stop == Stop::Outcome {
            return result.map(|response| self.rules.keep.answer(response));
        }
        let rejection = result.as_ref().err().filter(|error| error.rejection().is_some());
        self.tell_stopped(stop, rejection);
        self.keep(result);
        self.last.take().expect("it was just kept")
    }

    /// Keeps a result, unless nothing was sent and the service itself has given one before.
    fn keep<Response>(&mut self, result: Result<Response, Error>)
    where
        K: KeepResponse<Response, Answer = Answer>,
    {
        let was_sent = |error: Option<&Error>| match error {
            Some(Error::Rejected(_)) => false,
            // A deadline layer below had not a whole unit of its header left.
            Some(Error::TimedOut(elapsed)) => !(elapsed.by_caller() && elapsed.elapsed().is_zero()),
            _ => true,
        };
        let last_was_sent = self.last.as_ref().is_some_and(|last| was_sent(last.as_ref().err()));
        if was_sent(result.as_ref().err()) || !last_was_sent {
            self.last = Some(result.map(|response| self.rules.keep.answer(response)));
        }
    }
}
