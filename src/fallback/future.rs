//! The future of one call: the call itself, then the fallback.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::BoxError;

use super::degraded::Degraded;
use super::fallback_if::FallbackIf;
use super::rehearsal::{self, Beside};
use super::step::Step;
use crate::call::{Mark, POLLED_AGAIN, Plain};
use crate::error::{Error, FallbackError, Rejection};
use crate::event::{self, Event};
use crate::registry::Row;
use crate::state::objective::Call;

/// The word that counts calls whose fallbacks failed. After it come those of the steps.
const FAILED: usize = 0;

/// The last step that is counted by itself; all later ones count as this one.
const LAST_STEP: u32 = 4;

pin_project! {
    /// The future of a [`Fallback`](super::Fallback)'s call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, Request, Response, F, T, M = Plain>
    where
        F: Step<Request, Response>,
    {
        #[pin]
        pub(super) state: State<Fut, F::Future>,
        pub(super) fallback: Option<(F, F::Kept)>,
        pub(super) rehearsal: Beside<F, F::Kept, F::Future>,
        pub(super) condition: T,
        pub(super) mark: M,
        pub(super) row: &'static Row,
        pub(super) objective: Option<&'static Row>,
        pub(super) has_waited: bool,
    }
}

pin_project! {
    #[project = StateProj]
    pub(super) enum State<Fut, Alternative> {
        /// The call was sent.
        Calling { #[pin] call: Fut },
        /// Nothing was sent: the inner service failed to become ready, or the fallback is to answer always.
        Unsent { unready: Option<Box<Error>> },
        /// The fallback looks for an answer. Before it, the call failed: by this error, or by a response.
        Degrading { #[pin] step: Alternative, before: Before },
    }
}

/// The error of a call that failed by one. It is dropped out of line, so that the futures of all other calls drop in fewer steps.
pub(super) struct Before(Option<Error>);

impl Drop for Before {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(error) = self.0.take() {
            drop_seldom(error);
        }
    }
}

#[cold]
#[inline(never)]
fn drop_seldom(_: Error) {}

impl<Fut, Request, Response, F, T, M, E> Future for ResponseFuture<Fut, Request, Response, F, T, M>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    F: Step<Request, Response>,
    T: FallbackIf<Response>,
    M: Mark<Response, Degraded>,
{
    type Output = Result<Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let (result, is_forced) = match this.state.as_mut().project() {
                // Calling => (Degrading | end): the call ended, and with it the rehearsal beside it.
                StateProj::Calling { call } => {
                    let polled = call.poll(cx);
                    if this.rehearsal.is_some() {
                        rehearsal::go_on::<F, _, _>(this.rehearsal, this.condition, polled.is_ready(), cx);
                    }
                    match polled {
                        Poll::Ready(result) => (result.map_err(Error::lift), false),
                        Poll::Pending => {
                            *this.has_waited = true;
                            return Poll::Pending;
                        }
                    }
                }
                // Unsent => (Degrading | end): the call failed before it began.
                StateProj::Unsent { unready } => match unready.take() {
                    Some(error) => (Err(*error), false),
                    None => (Err(Rejection::of_fallback(this.row.name()).into()), true),
                },
                // Degrading => end: the fallback answered, or failed too.
                StateProj::Degrading { mut step, before } => {
                    let result = ready!(step.as_mut().poll(cx)).map_err(Error::lift);
                    let step = Degraded { step: F::number(&step) };
                    let rows = (*this.row, *this.objective);
                    return Poll::Ready(degraded(rows, step, this.mark, result, before.0.take()));
                }
            };
            if !is_forced && !this.condition.allows(result.as_ref()) {
                return Poll::Ready(result);
            }
            let (fallback, kept) = this.fallback.take().expect(POLLED_AGAIN);
            let step = fallback.answer(kept, result.as_ref(), *this.has_waited);
            this.state.set(State::Degrading { step, before: Before(result.err()) });
        }
    }
}

/// Tells the event of an answer or of a failure. Marks the answer, and wraps the failure.
fn degraded<Response>(
    (row, objective): (&'static Row, Option<&'static Row>),
    degraded: Degraded,
    mark: &impl Mark<Response, Degraded>,
    result: Result<Response, Error>,
    before: Option<Error>,
) -> Result<Response, Error> {
    match result {
        Ok(mut response) => {
            let Degraded { step } = degraded;
            row.count(step.min(LAST_STEP) as usize);
            if let Some(objective) = objective {
                objective.count(Call::DEGRADED);
            }
            event::tell_often(|| (row.source, Event::Degraded { step, error: before.as_ref() }));
            mark.mark(&mut response, || degraded);
            Ok(response)
        }
        Err(error) => {
            row.count(FAILED);
            event::tell_often(|| (row.source, Event::FallbackFailed(&error)));
            Err(FallbackError::wrap(error, before))
        }
    }
}

impl<Fut, Request, Response, F, T, M> fmt::Debug for ResponseFuture<Fut, Request, Response, F, T, M>
where
    F: Step<Request, Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("name", &self.row.name()).finish_non_exhaustive()
    }
}
