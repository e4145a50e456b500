//! One step after another.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::fallback_if::{ByOutcome, FallbackIf};
use super::step::Step;
use crate::call::POLLED_AGAIN;
use crate::error::{Error, FallbackError};

/// Tries a step, and the next one when it fails. Made by [`FallbackLayer::or`](super::FallbackLayer::or).
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B, T = ByOutcome> {
    pub(super) first: A,
    pub(super) next: B,
    /// Whether the next step may replace a response of the first.
    pub(super) condition: T,
}

impl<Request, Response, A, B, T> Step<Request, Response> for Or<A, B, T>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
    T: FallbackIf<Response>,
{
    type Kept = (A::Kept, B::Kept);
    type Error = Error;
    type Future = OrFuture<Request, Response, A, B, T>;

    const STEPS: u32 = A::STEPS + B::STEPS;

    fn keep(&self, request: &Request) -> Self::Kept {
        (self.first.keep(request), self.next.keep(request))
    }

    fn answer(self, (first, next): Self::Kept, failed: Result<&Response, &Error>, has_waited: bool) -> Self::Future {
        let step = self.first.answer(first, failed, has_waited);
        let state = State::First { step, next: Some((self.next, next)), has_waited };
        OrFuture { state, condition: self.condition }
    }

    fn number(future: &Self::Future) -> u32 {
        match &future.state {
            State::First { step, .. } => A::number(step),
            State::Next { step, .. } => A::STEPS + B::number(step),
        }
    }
}

pin_project! {
    /// The future of [`Or`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OrFuture<Request, Response, A, B, T>
    where
        A: Step<Request, Response>,
        B: Step<Request, Response>,
    {
        #[pin]
        state: State<A::Future, B::Future, (B, B::Kept)>,
        condition: T,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<A, B, N> {
        First { #[pin] step: A, next: Option<N>, has_waited: bool },
        Next { #[pin] step: B, before: Option<Error> },
    }
}

impl<Request, Response, A, B, T> Future for OrFuture<Request, Response, A, B, T>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
    T: FallbackIf<Response>,
{
    type Output = Result<Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                // First => (Next | end): an error is always a failure, and a response is one if the condition says so.
                StateProj::First { step, next, has_waited } => {
                    let Poll::Ready(result) = step.poll(cx) else {
                        *has_waited = true;
                        return Poll::Pending;
                    };
                    let result = result.map_err(Error::lift);
                    if result.as_ref().is_ok_and(|response| !this.condition.allows(Ok(response))) {
                        return Poll::Ready(result);
                    }
                    let (next, kept) = next.take().expect(POLLED_AGAIN);
                    let step = next.answer(kept, result.as_ref(), *has_waited);
                    this.state.set(State::Next { step, before: result.err() });
                }
                // Next => end: its result is the result, whatever it is.
                StateProj::Next { step, before } => {
                    let result = ready!(step.poll(cx)).map_err(Error::lift);
                    return Poll::Ready(result.map_err(|error| FallbackError::wrap(error, before.take())));
                }
            }
        }
    }
}

impl<Request, Response, A, B, T> fmt::Debug for OrFuture<Request, Response, A, B, T>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrFuture").finish_non_exhaustive()
    }
}
