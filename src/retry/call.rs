//! What a call carries from attempt to attempt, and what it decides between them.

use std::mem;
use std::task::{Context, Poll};
use std::time::Duration;

use tower::Service;

use super::rules::{RetryIf, Rules, Running};
use crate::call::budget::{Budget, Token};
use crate::call::copies::{KeepRequest, KeepResponse, is_late};
use crate::context::{self, Tried};
use crate::error::Error;
use crate::event::Event;
use crate::outcome::{Classify, EndedBy, Outcome};
use crate::state::attempts::{Ended, Stop};
use crate::state::criticality::Criticality;

/// What a call carries from attempt to attempt.
pub(super) struct Call<S, Request, C, K, P>
where
    K: KeepRequest<Request>,
    K: KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    inner: S,
    /// The request of the next attempt; `None` if none may follow or the request could not be copied.
    copy: Option<K::Kept>,
    /// The last result that the inner service itself gave.
    last: Option<Result<K::Response, Error>>,
    /// What was read of the response that is not judged yet.
    ahead: K::Ahead,
    /// How many attempts were begun.
    pub(super) attempts: u32,
    /// To whom those that ended were sent.
    tried: Tried,
    /// How much the call matters to the budget.
    class: Criticality,
    /// The budget of its key; `None` if it spends the shared one.
    own: Option<Budget>,
    pub(super) core: Running,
    pub(super) rules: Rules<C, K, P>,
}

impl<S, Request, C, K, P> Call<S, Request, C, K, P>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    /// Makes a call whose first attempt was sent.
    pub(super) fn new(
        inner: S,
        copy: Option<K::Kept>,
        class: Criticality,
        own: Option<Budget>,
        core: Running,
        rules: Rules<C, K, P>,
    ) -> Self {
        let (ahead, tried) = (K::Ahead::default(), Tried::NOBODY);
        Self { inner, copy, last: None, ahead, attempts: 1, tried, class, own, core, rules }
    }

    /// Returns what a result says about the service, or why it ends the call whatever it says.
    #[inline(always)]
    pub(super) fn outcome(&self, result: Result<&S::Response, &Error>) -> Result<Outcome, Stop>
    where
        C: Classify<S::Response>,
    {
        match EndedBy::of(result) {
            EndedBy::Rejection(rejection) if self.core.retries_rejected => {
                Ok(Outcome::Throttled { retry_after: rejection.retry_after() })
            }
            EndedBy::Rejection(_) => Err(Stop::Rejected),
            // The deadline was the caller's, though perhaps only the layers below know it.
            EndedBy::Caller { .. } => Err(Stop::Deadline),
            EndedBy::Service => Ok(self.rules.classifier.classify(result)),
        }
    }

    /// Runs a part of the attempt that was begun last.
    #[inline(always)]
    pub(super) fn attempt<T>(&self, part: impl FnOnce() -> T) -> T {
        context::attempt(self.attempts, self.tried, part)
    }

    /// Remembers to whom the attempt was sent that was just polled.
    pub(super) fn note_tried(&mut self) {
        self.tried = self.tried.and_noted();
    }

    /// Adds to the error of an attempt what its request tells of it.
    pub(super) fn explain(&self, error: Error) -> Error {
        match &self.copy {
            Some(copy) => self.rules.keep.explain(copy, error),
            None => error,
        }
    }

    /// Plans another attempt: returns how long to wait for it and the token that pays for it, or the first reason against it.
    ///
    /// All reasons come together here, but for those that [`outcome`](Self::outcome) finds. It is out of line, so that the path of
    /// a success stays short.
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
        if is_late(&self.rules.keep, copy, delay) {
            return Err(Stop::Deadline);
        }
        if self.core.gate.as_ref().is_some_and(|gate| !gate.is_open()) {
            return Err(Stop::BudgetGate);
        }
        let token = match self.own.as_ref().or(self.core.budget.as_ref()) {
            Some(budget) => budget.withdraw(self.class).ok_or(Stop::Budget)?,
            None => Token::default(),
        };
        // Last, because it may end what the previous attempt still does with the request.
        if !self.rules.keep.reclaim(copy) {
            return Err(Stop::NoCopy);
        }
        let (attempt, error) = (self.attempts + 1, result.as_ref().err());
        self.core.tell(|| Event::Retrying { attempt, delay, outcome, error });
        Ok((delay, token))
    }

    /// Returns whether the attempt that was planned is too late now, after a wait for its time.
    pub(super) fn is_planned_late(&self) -> bool {
        self.copy.as_ref().is_some_and(|copy| is_late(&self.rules.keep, copy, Duration::ZERO))
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
        if self.last.is_none() || was_sent(&result) || !self.last.as_ref().is_some_and(was_sent) {
            self.last = Some(result.map(|response| self.receive(response)));
        }
    }

    /// Reads on in a response that is not judged yet.
    #[inline(always)]
    pub(super) fn poll_ahead(&mut self, response: &mut S::Response, cx: &mut Context<'_>) -> Poll<()> {
        self.rules.keep.poll_ahead(response, &mut self.ahead, cx)
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
    pub(super) fn stop(
        &mut self,
        stop: Stop,
        is_failure: bool,
        result: Result<S::Response, Error>,
    ) -> Result<K::Response, Error> {
        if stop == Stop::Outcome {
            // Nothing was given up, so there is no event.
            self.end(is_failure);
            return result.map(|response| self.receive(response));
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

    fn tell_stopped(&mut self, stop: Stop, rejection: Option<&Error>) {
        self.core.row.count(stop.word());
        self.core.tell(|| Event::Stopped { attempt: self.attempts, reason: stop.as_str(), rejection });
        self.end(true);
    }

    /// Counts the end of the call. Layers above hear of its attempts if it failed.
    #[inline(always)]
    pub(super) fn end(&mut self, is_failure: bool) {
        if is_failure {
            context::note_attempts(self.attempts);
        }
        self.core.end(Ended::of(self.attempts, is_failure) as usize);
    }

    fn take_last(&mut self) -> Result<K::Response, Error> {
        self.last.take().expect("a result was kept before")
    }

    /// Returns a response as the caller gets it.
    #[inline(always)]
    pub(super) fn receive(&mut self, response: S::Response) -> K::Response {
        self.rules.keep.receive(response, mem::take(&mut self.ahead))
    }
}

/// Sends a request to a service that is ready, as the attempt of this number. Every attempt is sent from here.
#[inline(always)]
pub(super) fn send<S, Request, K>(service: &mut S, keep: &K, request: K::Kept, number: u32) -> S::Future
where
    K: KeepRequest<Request>,
    S: Service<K::Sent>,
{
    service.call(keep.send(request, number))
}

/// Returns whether the attempt that had this result was sent.
fn was_sent<Response>(result: &Result<Response, Error>) -> bool {
    result.as_ref().err().is_none_or(Error::was_sent)
}
