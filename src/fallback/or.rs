//! One step after another.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Answer, ByOutcome, FallbackError, Step, Take};
use crate::{Error, call::POLLED_AGAIN};

/// Tries a step, and the next when it fails. Made by [`FallbackLayer::or`](super::FallbackLayer::or).
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B, T = ByOutcome> {
    first: A,
    next: B,
    /// Whether the next step is taken in place of the first one's result.
    take: T,
}

impl<A, B, T> Or<A, B, T> {
    pub(super) const fn new(first: A, next: B, take: T) -> Self {
        Self { first, next, take }
    }
}

impl<Request, Response, A, B, T> Step<Request, Response> for Or<A, B, T>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
    T: Take<Response>,
{
    type Kept = (A::Kept, B::Kept);
    type Future = OrFuture<Request, Response, A, B, T>;

    const STEPS: u32 = A::STEPS + B::STEPS;

    fn keep(&self, request: &Request) -> Self::Kept {
        (self.first.keep(request), self.next.keep(request))
    }

    fn answer(self, (first, next): Self::Kept, failed: Result<&Response, &Error>) -> Self::Future {
        let state = State::First { step: self.first.answer(first, failed), next: Some((self.next, next)) };
        OrFuture { state, take: self.take }
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
        take: T,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<A, B, N> {
        First { #[pin] step: A, next: Option<N> },
        Next { #[pin] step: B, before: Option<Error> },
    }
}

impl<Request, Response, A, B, T> Future for OrFuture<Request, Response, A, B, T>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
    T: Take<Response>,
{
    type Output = Result<Answer<Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                StateProj::First { step, next } => {
                    let failed = match ready!(step.poll(cx)) {
                        Ok(answer) if !this.take.take(Ok(answer.response())) => return Poll::Ready(Ok(answer)),
                        Ok(answer) => Ok(answer.into_parts().0),
                        Err(error) => Err(error),
                    };
                    let (next, kept) = next.take().expect(POLLED_AGAIN);
                    let step = next.answer(kept, failed.as_ref());
                    this.state.set(State::Next { step, before: failed.err() });
                }
                StateProj::Next { step, before } => {
                    let result = ready!(step.poll(cx));
                    return Poll::Ready(match result {
                        Ok(answer) => Ok(answer.after(A::STEPS)),
                        Err(error) => Err(FallbackError::wrap(error, before.take())),
                    });
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
