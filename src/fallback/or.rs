//! One step after another.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Answer, FallbackError, Step};
use crate::Error;

/// Tries a step, and the next when it fails. Made by [`FallbackLayer::or`](super::FallbackLayer::or).
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B> {
    first: A,
    next: B,
}

impl<A, B> Or<A, B> {
    pub(super) const fn new(first: A, next: B) -> Self {
        Self { first, next }
    }
}

impl<Request, Response, A, B> Step<Request, Response> for Or<A, B>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
{
    type Kept = (A::Kept, B::Kept);
    type Future = OrFuture<Request, Response, A, B>;

    const STEPS: u32 = A::STEPS + B::STEPS;

    fn keep(&self, request: &Request) -> Self::Kept {
        (self.first.keep(request), self.next.keep(request))
    }

    fn answer(self, (first, next): Self::Kept, failed: Result<&Response, &Error>) -> Self::Future {
        let state = State::First { step: self.first.answer(first, failed), next: Some((self.next, next)) };
        OrFuture { state }
    }
}

pin_project! {
    /// The future of [`Or`].
    #[must_use = "futures do nothing unless polled"]
    pub struct OrFuture<Request, Response, A, B>
    where
        A: Step<Request, Response>,
        B: Step<Request, Response>,
    {
        #[pin]
        state: State<A::Future, B::Future, (B, B::Kept)>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<A, B, N> {
        First { #[pin] step: A, next: Option<N> },
        Next { #[pin] step: B, before: Option<Error> },
    }
}

impl<Request, Response, A, B> Future for OrFuture<Request, Response, A, B>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
{
    type Output = Result<Answer<Response>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::First { step, next } => match ready!(step.poll(cx)) {
                    Ok(answer) => return Poll::Ready(Ok(answer)),
                    Err(error) => {
                        let (next, kept) = next.take().expect("a future is not polled after it is done");
                        let step = next.answer(kept, Err(&error));
                        state.set(State::Next { step, before: Some(error) });
                    }
                },
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

impl<Request, Response, A, B> fmt::Debug for OrFuture<Request, Response, A, B>
where
    A: Step<Request, Response>,
    B: Step<Request, Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrFuture").finish_non_exhaustive()
    }
}
