//! The future of one call: the call itself, then its letter.
//!
//! ```text
//! (Calling | Unready) -> Copying -> Storing -> end
//! ```

use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::accept::Accept;
use super::copy::KeepLetter;
use super::letter::{DeadLetter, Reason};
use super::losses::Losses;
use super::lost::{LetterLost, Lost};
use super::rules::Rules;
use super::sink::Sink;
use crate::cached_arc::CachedArc;
use crate::call::POLLED_AGAIN;
use crate::context::{DeadLetterId, attempts_of};
use crate::error::Error;
use crate::event::{self, Event};
use crate::outcome::{Classify, EndedBy, Outcome};
use crate::registry::Row;
use crate::state::letters::counted::{ACCEPTED, STORED};
use crate::time::wall_clock;

pin_project! {
    /// The future of a [`DeadLettered`](super::DeadLettered)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped while the call runs, it makes no letter. Dropped while the letter is stored, the letter is stored or not.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, Request, Q, C, K, A>
    where
        K: KeepLetter<Request>,
        Q: Sink<K::Letter>,
        S: Service<K::Sent>,
    {
        #[pin]
        pub(super) state: State<S::Future, K::Making, Q::Future, S::Response>,
        pub(super) call: Call<K::Kept, Q, Rules<C, K, A>>,
    }
}

pin_project! {
    #[project = StateProj]
    pub(super) enum State<Fut, Making, Storing, Response> {
        /// The call was sent.
        Calling { #[pin] call: Fut },
        /// The inner service failed to become ready, so nothing was sent.
        Unready { error: Option<Error> },
        /// The call has failed, and what its letter has of the request is being made.
        Copying { #[pin] making: Making, failed: Option<Failed<Response>> },
        /// The letter is being stored. The caller gets `accepted` if that is done.
        Storing { #[pin] storing: Storing, accepted: Option<Response>, failed: Option<Result<Response, Error>> },
    }
}

/// A call that failed.
pub(super) struct Failed<Response> {
    result: Result<Response, Error>,
    reason: Reason,
    attempts: u32,
}

/// What a call keeps for its letter.
pub(super) struct Call<Kept, Q, R> {
    copy: Option<Kept>,
    sink: Q,
    rules: R,
    row: &'static Row,
    losses: CachedArc<Losses>,
    first_at: Option<SystemTime>,
}

impl<S, Request, Q, C, K, A> Future for ResponseFuture<S, Request, Q, C, K, A>
where
    S: Service<K::Sent>,
    S::Error: Into<BoxError> + 'static,
    Q: Sink<K::Letter>,
    C: Classify<S::Response>,
    K: KeepLetter<Request>,
    A: Accept<K::Letter, S::Response>,
{
    type Output = Result<S::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut state, call) = (this.state, this.call);
        loop {
            let next = match state.as_mut().project() {
                // Calling => (Copying | end): the call ended.
                StateProj::Calling { call: inner } => {
                    let (polled, attempts) = attempts_of(|| inner.poll(cx));
                    let Poll::Ready(result) = polled else {
                        call.first_at.get_or_insert_with(wall_clock);
                        return Poll::Pending;
                    };
                    call.ended(result.map_err(Error::lift), attempts)
                }
                // Unready => Copying: the call failed before it began.
                StateProj::Unready { error } => call.ended(Err(error.take().expect(POLLED_AGAIN)), 1),
                // Copying => (Storing | end): there is a letter, or the request is gone.
                StateProj::Copying { making, failed } => {
                    let request = ready!(making.poll(cx));
                    call.copied(request, failed.take().expect(POLLED_AGAIN))
                }
                // Storing => end: the letter is stored, or lost.
                StateProj::Storing { storing, accepted, failed } => {
                    let stored = ready!(storing.poll(cx));
                    Break(call.stored(stored, accepted.take(), failed.take().expect(POLLED_AGAIN)))
                }
            };
            match next {
                Continue(next) => state.set(next),
                Break(result) => return Poll::Ready(result),
            }
        }
    }
}

/// Goes on to a state, or ends the call with a result.
type Next<Fut, Making, Storing, Response> = ControlFlow<Result<Response, Error>, State<Fut, Making, Storing, Response>>;

impl<Kept, Q, C, K, A> Call<Kept, Q, Rules<C, K, A>> {
    pub(super) const fn new(
        copy: Option<Kept>,
        sink: Q,
        rules: Rules<C, K, A>,
        row: &'static Row,
        losses: CachedArc<Losses>,
    ) -> Self {
        Self { copy, sink, rules, row, losses, first_at: None }
    }

    /// Ends the call, or begins its letter if it has failed.
    #[inline(always)]
    fn ended<Fut, Request, Response>(
        &mut self,
        result: Result<Response, Error>,
        attempts: u32,
    ) -> Next<Fut, K::Making, Q::Future, Response>
    where
        C: Classify<Response>,
        K: KeepLetter<Request, Kept = Kept>,
        Q: Sink<K::Letter>,
    {
        let outcome = match EndedBy::of(result.as_ref()) {
            EndedBy::Rejection(_) => None,
            EndedBy::Caller { .. } | EndedBy::Service => Some(self.rules.classifier.classify(result.as_ref())),
        };
        if outcome.is_some_and(|outcome| !outcome.is_failure()) {
            return Break(result);
        }
        self.failed(outcome, result, attempts)
    }

    /// Out of line, so that the path of a success stays short.
    #[cold]
    #[inline(never)]
    fn failed<Fut, Request, Response>(
        &mut self,
        outcome: Option<Outcome>,
        result: Result<Response, Error>,
        attempts: u32,
    ) -> Next<Fut, K::Making, Q::Future, Response>
    where
        K: KeepLetter<Request, Kept = Kept>,
        Q: Sink<K::Letter>,
    {
        if DeadLetterId::current().is_some_and(|id| self.sink.has(id)) {
            return Break(result);
        }
        let reason = Reason::of(result.as_ref(), outcome);
        match self.copy.take() {
            Some(copy) => {
                let failed = Some(Failed { result, reason, attempts });
                Continue(State::Copying { making: self.rules.keep.make(copy), failed })
            }
            None => Break(self.lose::<K::Letter, _>(Lost::NoCopy, result)),
        }
    }

    /// Begins to store the letter, if there is a request for it.
    fn copied<Fut, Request, Response>(
        &mut self,
        request: Option<K::Letter>,
        Failed { result, reason, attempts }: Failed<Response>,
    ) -> Next<Fut, K::Making, Q::Future, Response>
    where
        K: KeepLetter<Request, Kept = Kept>,
        Q: Sink<K::Letter>,
        A: Accept<K::Letter, Response>,
    {
        let Some(request) = request else { return Break(self.lose::<K::Letter, _>(Lost::NoCopy, result)) };
        let now = wall_clock();
        let first_at = self.first_at.unwrap_or(now);
        let (id, name, last_at) = (DeadLetterId::current_or_new(), self.row.name(), now.max(first_at));
        let letter = DeadLetter { id, request, reason, attempts, first_at, last_at, name };
        let accepted = self.rules.accept.accept(&letter);
        Continue(State::Storing { storing: self.sink.store(letter), accepted, failed: Some(result) })
    }

    /// What the caller gets.
    fn stored<Letter, Response>(
        &self,
        stored: Result<(), Lost>,
        accepted: Option<Response>,
        result: Result<Response, Error>,
    ) -> Result<Response, Error>
    where
        Q: Sink<Letter>,
    {
        if let Err(lost) = stored {
            return self.lose::<Letter, _>(lost, result);
        }
        let is_accepted = accepted.is_some();
        self.row.count(STORED);
        if is_accepted {
            self.row.count(ACCEPTED);
        }
        event::tell_often(|| (self.row.source, Event::LetterStored { is_accepted, error: result.as_ref().err() }));
        accepted.map_or(result, Ok)
    }

    #[cold]
    fn lose<Letter, Response>(&self, lost: Lost, result: Result<Response, Error>) -> Result<Response, Error>
    where
        Q: Sink<Letter>,
    {
        self.losses.lose(self.row, lost.loss(), Some(&lost));
        if self.sink.fails_calls() { Err(LetterLost::wrap(lost, result.err())) } else { result }
    }
}

impl<S, Request, Q, C, K, A> fmt::Debug for ResponseFuture<S, Request, Q, C, K, A>
where
    K: KeepLetter<Request>,
    Q: Sink<K::Letter>,
    S: Service<K::Sent>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("name", &self.call.row.name()).finish_non_exhaustive()
    }
}
