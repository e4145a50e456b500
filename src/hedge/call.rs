//! What the attempts of a call share, and what it decides between them.

use std::task::Context;
use std::time::Duration;

use tower::{BoxError, Service};

use super::rules::Running;
use crate::call::budget::Token;
use crate::call::copies::{DRAIN_FOR, KeepRequest, KeepResponse, is_late};
use crate::context::{self, Tried};
use crate::error::Error;
use crate::event::Event;
use crate::outcome::{Classify, EndedBy, Outcome};
use crate::state::criticality::Criticality;
use crate::state::hedge::counted::{self, STARTED, Withheld};
use crate::state::hedge::{Delay, End, Hedging, Next};
use crate::time::{Nanos, Now, Reading};

/// How an attempt ended, and its result unless it was never sent.
pub(super) type Ended<Response> = (End, Option<Result<Response, Error>>);

/// What the attempts of a call share.
pub(super) struct Call<S, Request, C, K>
where
    K: KeepRequest<Request>,
    K: KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    inner: S,
    /// The request, for hedges; `None` if there is none to be, or the request could not be copied.
    copy: Option<K::Kept>,
    /// How many hedges may start.
    max: u32,
    /// When the first attempt was first polled, where latencies count.
    began: Option<Nanos>,
    /// `None` until the first attempt pends or fails.
    hedging: Option<Hedging>,
    is_first_in_flight: bool,
    /// How many attempts were sent.
    sent: u32,
    /// The last failure.
    last: Option<Result<K::Response, Error>>,
    /// Until when its rest is waited for; [`Nanos::MAX`] where it was not waited for yet.
    rest_until: Nanos,
    /// To whom attempts were sent.
    tried: Tried,
    /// How much the call matters to the budget.
    class: Criticality,
    pub(super) core: Running,
    classifier: C,
    pub(super) keep: K,
}

impl<S, Request, C, K> Call<S, Request, C, K>
where
    K: KeepRequest<Request> + KeepResponse<S::Response>,
    S: Service<K::Sent>,
{
    /// Makes a call whose first attempt is sent now, and runs from its first poll.
    #[inline(always)]
    pub(super) const fn new(
        inner: S,
        copy: Option<K::Kept>,
        max: u32,
        class: Criticality,
        core: Running,
        classifier: C,
        keep: K,
    ) -> Self {
        Self {
            inner,
            copy,
            max,
            began: None,
            hedging: None,
            is_first_in_flight: true,
            sent: 1,
            last: None,
            rest_until: Nanos::MAX,
            tried: Tried::NOBODY,
            class,
            core,
            classifier,
            keep,
        }
    }

    /// Notes that the call is polled.
    #[inline(always)]
    pub(super) fn begin(&mut self) {
        if self.began.is_none() && matches!(self.core.delay, Delay::Quantile(_)) {
            self.began = Some(self.core.clock.now());
        }
    }

    /// Runs a part of the attempt of this number, and remembers to whom it was sent: the next one is sent to another.
    #[inline(always)]
    pub(super) fn run<T>(&mut self, number: u32, part: impl FnOnce() -> T) -> T {
        let result = context::attempt(number, self.tried, part);
        self.tried = self.tried.and_others_noted();
        result
    }

    /// The end of an attempt by a response.
    #[inline(always)]
    pub(super) fn answered(&self, response: S::Response, ahead: K::Ahead) -> Ended<K::Response>
    where
        C: Classify<S::Response>,
    {
        let end = self.judge(Ok(&response));
        (end, Some(Ok(self.keep.receive(response, ahead))))
    }

    /// The end of an attempt by an error. Out of line, so that the path of a response stays short.
    #[cold]
    #[inline(never)]
    pub(super) fn failed(&self, error: S::Error) -> Ended<K::Response>
    where
        C: Classify<S::Response>,
        S::Error: Into<BoxError> + 'static,
    {
        let error = Error::lift(error);
        let error = match &self.copy {
            Some(copy) => self.keep.explain(copy, error),
            None => error,
        };
        (self.judge(Err(&error)), Some(Err(error)))
    }

    #[inline(always)]
    fn judge(&self, result: Result<&S::Response, &Error>) -> End
    where
        C: Classify<S::Response>,
    {
        match EndedBy::of(result) {
            EndedBy::Service => match self.classifier.classify(result) {
                Outcome::Transient if self.keep.forbids_another(result) => {
                    End::Result(Outcome::Throttled { retry_after: None })
                }
                outcome => End::Result(outcome),
            },
            EndedBy::Caller { was_sent: true } => End::Deadline,
            EndedBy::Caller { was_sent: false } | EndedBy::Rejection(_) => End::Unsent,
        }
    }

    /// Takes the end of the attempt of this number. Returns the result of the call, if it is that.
    #[inline(always)]
    pub(super) fn end(&mut self, number: u32, ended: Ended<K::Response>) -> Option<Result<K::Response, Error>> {
        let (end, result) = ended;
        if end.is_final() {
            self.settle(number, end);
            return result;
        }
        self.go_on(number, end, result);
        None
    }

    /// Goes on after an attempt that does not end the call.
    #[cold]
    #[inline(never)]
    fn go_on(&mut self, number: u32, end: End, result: Option<Result<K::Response, Error>>) {
        self.is_first_in_flight &= number > 1;
        let now = Reading::of(self.core.clock);
        self.hedging(&now).end(end, &now);
        if let Some(result) = result.filter(|result| was_sent(result) || !self.last.as_ref().is_some_and(was_sent)) {
            self.last = Some(result);
            self.rest_until = Nanos::MAX;
        }
    }

    /// Counts the end of the call by the attempt of this number.
    #[inline(always)]
    fn settle(&mut self, number: u32, end: End) {
        let latency = self.began.filter(|_| self.is_first_in_flight && end == End::Result(Outcome::Success));
        if let (Delay::Quantile(latencies), Some(began)) = (&self.core.delay, latency) {
            let now = self.core.clock.now();
            latencies.record(now.saturating_sub(began), now);
        }
        self.count_end(number, end.is_failure());
    }

    #[inline(always)]
    fn count_end(&mut self, number: u32, is_failure: bool) {
        let ended = counted::Ended::of(number, is_failure);
        match ended {
            counted::Ended::Failed => {
                context::note_attempts(self.sent);
                context::note_all(self.tried);
            }
            counted::Ended::Hedge => self.core.tell(|| Event::HedgeWon { attempt: number }),
            counted::Ended::First | counted::Ended::Abandoned => {}
        }
        self.core.end(ended as usize);
    }

    /// Ends the call with its last failure.
    pub(super) fn fail(&mut self) -> Result<K::Response, Error> {
        self.count_end(1, true);
        self.last.take().expect("nothing is in flight, so an attempt has failed")
    }

    /// Reads on in the last failure, which most likely will be replaced: so it gives back its connection, and its places in the layers
    /// below. Returns until when to wait for that, because a hedge may wait for such a place; [`Nanos::MAX`] if nothing is left.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_>) -> Nanos {
        let is_read = match &mut self.last {
            Some(Ok(kept)) => self.keep.poll_rest(kept, cx).is_ready(),
            _ => true,
        };
        if is_read {
            self.rest_until = Nanos::MAX;
        } else if self.rest_until == Nanos::MAX {
            self.rest_until = self.core.clock.now().saturating_add(DRAIN_FOR.into());
        }
        self.rest_until
    }

    /// Drops what was not read of the last failure.
    #[cold]
    pub(super) fn drop_rest(&mut self) {
        if let Some(Ok(kept)) = &mut self.last {
            self.keep.drop_rest(kept);
        }
    }

    /// What the call does next, after its attempts were polled.
    pub(super) fn next(&mut self) -> Next {
        let now = Reading::of(self.core.clock);
        self.hedging(&now).next(&now)
    }

    fn hedging(&mut self, now: impl Now) -> &mut Hedging {
        let Self { core, max, began, hedging, .. } = self;
        hedging.get_or_insert_with(|| Hedging::new(*max, &core.delay, *began, now))
    }

    /// Starts a hedge: returns its service, which is not ready yet, its request, and the token that pays for it. If there is a reason
    /// against it, no other starts either.
    #[cold]
    #[inline(never)]
    pub(super) fn start(&mut self, number: u32, cx: &mut Context<'_>) -> Option<(S, K::Kept, Token)>
    where
        S: Clone,
    {
        let clock = self.core.clock;
        match self.plan() {
            Ok((request, token)) => {
                // First, because the hedge may need the place below that a failure still holds.
                self.poll_rest(cx);
                let in_flight = self.hedging(&clock).start(&clock);
                self.core.tell(|| Event::Hedging { attempt: number, in_flight });
                Some((self.inner.clone(), request, token))
            }
            Err(reason) => {
                self.hedging(&clock).stop();
                self.withhold(number, reason);
                None
            }
        }
    }

    /// Ends a hedge whose service was ready too late.
    #[cold]
    pub(super) fn late(&self, number: u32) -> Ended<K::Response> {
        self.withhold(number, Withheld::Deadline);
        (End::Unsent, None)
    }

    fn withhold(&self, attempt: u32, reason: Withheld) {
        self.core.row.count(reason.word());
        self.core.tell(|| Event::HedgeWithheld { attempt, reason: reason.as_str() });
    }

    /// The request of a hedge and the token that pays for it, or the first reason against it. All reasons come together here.
    fn plan(&self) -> Result<(K::Kept, Token), Withheld> {
        let copy = self.copy.as_ref().ok_or(Withheld::NoCopy)?;
        if is_late(&self.keep, copy, Duration::ZERO) {
            return Err(Withheld::Deadline);
        }
        if self.core.gate.as_ref().is_some_and(|gate| !gate.is_open()) {
            return Err(Withheld::BudgetGate);
        }
        let request = self.keep.copy_beside(copy).ok_or(Withheld::NoCopy)?;
        let token = self.core.budget.withdraw(self.class).ok_or(Withheld::Budget)?;
        Ok((request, token))
    }

    /// Sends a hedge to a service that is ready.
    pub(super) fn send(&mut self, number: u32, service: &mut S, request: K::Kept, token: Token) -> S::Future {
        token.spend();
        self.sent += 1;
        self.core.row.count(STARTED);
        let request = self.keep.send(request, number);
        self.run(number, || service.call(request))
    }
}

/// Returns whether the attempt that had this result was sent.
fn was_sent<Response>(result: &Result<Response, Error>) -> bool {
    result.as_ref().err().is_none_or(Error::was_sent)
}
