//! What a call carries from attempt to attempt, and what it decides between them.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tower::Service;

use super::rules::{Core, RetryIf, Rules};
use crate::{
    call::{
        budget::Token,
        copies::{KeepRequest, KeepResponse},
    },
    deadline::Deadline,
    error::Error,
    event::Event,
    outcome::{Classify, Outcome},
    pooled::Pooled,
    state::attempts::Stop,
};

/// What a call carries from attempt to attempt.
pub(super) struct Call<S, Request, C, K, P>
where
    K: KeepRequest<Request>,
    K: KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    inner: S,
    /// The request of the next attempt; `None` where none may follow or the request could not be copied.
    copy: Option<K::Kept>,
    /// The last result that the inner service itself gave.
    last: Option<Result<K::Response, Error>>,
    /// How many attempts were begun.
    pub(super) attempts: u32,
    core: Pooled<Core>,
    pub(super) rules: Rules<C, K, P>,
}

/// What the result of an attempt means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Judged {
    /// It is a success, and ends the call.
    Done,
    /// It ends the call for this reason.
    Stop(Stop),
    /// It may be worth another attempt, as its outcome says.
    Retry(Outcome),
}

impl<S, Request, C, K, P> Call<S, Request, C, K, P>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    /// A call whose first attempt was sent.
    pub(super) const fn new(inner: S, copy: Option<K::Kept>, core: Pooled<Core>, rules: Rules<C, K, P>) -> Self {
        Self { inner, copy, last: None, attempts: 1, core, rules }
    }

    /// Judges the result of an attempt.
    pub(super) fn judge(&self, result: Result<&S::Response, &Error>) -> Judged
    where
        C: Classify<S::Response>,
    {
        match result {
            Err(Error::Rejected(_)) if !self.core.retries_rejected => Judged::Stop(Stop::Rejected),
            Err(Error::Rejected(rejection)) => {
                Judged::Retry(Outcome::Throttled { retry_after: rejection.retry_after() })
            }
            // The deadline was the caller's, though perhaps only the layers below know it.
            Err(Error::TimedOut(elapsed)) if elapsed.by_caller() => Judged::Stop(Stop::Deadline),
            result => match self.rules.classifier.classify(result) {
                Outcome::Success => Judged::Done,
                outcome => Judged::Retry(outcome),
            },
        }
    }

    /// Plans another attempt: returns how long to wait for it and the token that pays for it, or why there is none.
    #[inline(never)]
    pub(super) fn plan(&self, outcome: Outcome, result: &Result<S::Response, Error>) -> Result<(Duration, Token), Stop>
    where
        P: RetryIf<K::Kept, S::Response>,
    {
        let delay = Duration::from(self.core.attempts.delay(self.attempts, outcome)?);
        let copy = self.copy.as_ref().ok_or(Stop::NoCopy)?;
        if !self.rules.retry_if.allows(copy, result.as_ref()) {
            return Err(Stop::RetryIf);
        }
        if self.is_late(delay) {
            return Err(Stop::Deadline);
        }
        let token = match &self.core.budget {
            Some(budget) => budget.withdraw().ok_or(Stop::Budget)?,
            None => Token::FREE,
        };
        // Last, because it may end what the previous attempt still does with the request.
        if !self.rules.keep.reclaim(copy) {
            return Err(Stop::NoCopy);
        }
        let (attempt, error) = (self.attempts + 1, result.as_ref().err());
        self.core.tell(|| Event::Retrying { attempt, delay, outcome, error });
        Ok((delay, token))
    }

    /// Whether an attempt after `delay` would begin at the deadline or later. The request may bring a nearer deadline.
    pub(super) fn is_late(&self, delay: Duration) -> bool {
        let own = self.copy.as_ref().and_then(|copy| self.rules.keep.deadline(copy));
        Deadline::current().into_iter().chain(own).min().is_some_and(|deadline| deadline.remaining() <= delay)
    }

    /// Begins the next attempt: returns an inner service, which is not ready yet, and the request for it.
    pub(super) fn begin_attempt(&mut self) -> (S, K::Kept)
    where
        S: Clone,
    {
        let request = self.copy.take().expect("a retry is planned with a copy at hand");
        if !self.core.attempts.is_last(self.attempts) {
            self.copy = self.rules.keep.copy(&request);
        }
        self.attempts += 1;
        (self.inner.clone(), request)
    }

    /// Keeps a result as the last one, unless its attempt was not sent and an earlier one was.
    #[inline(always)]
    pub(super) fn keep(&mut self, result: Result<S::Response, Error>) {
        if was_sent(&result) || !self.last.as_ref().is_some_and(was_sent) {
            self.last = Some(self.receive(result));
        }
    }

    /// Reads the rest of the last response, which will most likely be replaced.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.last {
            Some(Ok(kept)) => self.rules.keep.poll_rest(kept, cx),
            _ => Poll::Ready(()),
        }
    }

    /// Drops the rest of the last response.
    pub(super) fn drop_rest(&mut self) {
        if let Some(Ok(kept)) = &mut self.last {
            self.rules.keep.drop_rest(kept);
        }
    }

    /// Ends the call for this reason, with the last result that the inner service itself gave.
    pub(super) fn stop(&mut self, stop: Stop, result: Result<S::Response, Error>) -> Result<K::Response, Error> {
        if stop == Stop::Outcome {
            // Nothing was given up, so there is no event.
            return self.receive(result);
        }
        let rejection = result.as_ref().err().filter(|error| error.rejection().is_some());
        self.tell_stopped(stop, rejection);
        self.keep(result);
        self.take_last()
    }

    /// Ends the call because it is too late to begin the attempt that was planned.
    pub(super) fn stop_late(&mut self) -> Result<K::Response, Error> {
        self.tell_stopped(Stop::Deadline, None);
        self.take_last()
    }

    fn tell_stopped(&self, stop: Stop, rejection: Option<&Error>) {
        self.core.tell(|| Event::Stopped { attempt: self.attempts, reason: stop.as_str(), rejection });
    }

    fn take_last(&mut self) -> Result<K::Response, Error> {
        self.last.take().expect("a result was kept before")
    }

    /// The result as the caller gets it.
    pub(super) fn receive(&self, result: Result<S::Response, Error>) -> Result<K::Response, Error> {
        result.map(|response| self.rules.keep.receive(response))
    }
}

/// Sends a request to a service that is ready, as the attempt of this number. Every attempt is sent from here.
pub(super) fn send<S, Request, K>(service: &mut S, keep: &K, request: K::Kept, number: u32) -> S::Future
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    service.call(keep.send(request, number))
}

/// Whether the attempt that had this result was sent.
fn was_sent<Response>(result: &Result<Response, Error>) -> bool {
    match result {
        Err(Error::Rejected(_)) => false,
        // A deadline layer below had less than a whole unit of its header left.
        Err(Error::TimedOut(elapsed)) => !(elapsed.by_caller() && elapsed.elapsed().is_zero()),
        _ => true,
    }
}
