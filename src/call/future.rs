//! The future of one call.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower::BoxError;

use super::{End, Guard};
use crate::error::{Error, Rejection};

pub(crate) const POLLED_AGAIN: &str = "a future is not polled after it is done";

pin_project! {
    /// The future of an [`Admission`](super::Admission)'s call.
    ///
    /// # Cancellation
    ///
    /// Dropped before it is done, it drops the call, and then its guard, unsettled.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, G, E> {
        #[pin]
        state: State<Fut, G, E>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<Fut, G, E> {
        // The call comes before its guard: it is gone when that is dropped.
        Sent { #[pin] inner: Fut, held: Option<(G, E)> },
        // The call ended before it was made.
        Ended { error: Option<Error> },
    }
}

impl<Fut, G, E> ResponseFuture<Fut, G, E> {
    #[inline(always)]
    pub(crate) const fn sent(inner: Fut, guard: G, end: E) -> Self {
        Self { state: State::Sent { inner, held: Some((guard, end)) } }
    }

    #[inline(always)]
    pub(super) const fn rejected(rejection: Rejection) -> Self {
        Self::failed(Error::Rejected(rejection))
    }

    #[inline(always)]
    pub(super) const fn failed(error: Error) -> Self {
        Self { state: State::Ended { error: Some(error) } }
    }
}

impl<Fut, G: Guard, E> State<Fut, G, E> {
    /// Takes the guard of a call that is done, after the call is gone where the guard outlives it.
    #[inline(always)]
    fn finish(mut self: Pin<&mut Self>) -> (G, E) {
        let held = match self.as_mut().project() {
            StateProj::Sent { held, .. } => held.take(),
            StateProj::Ended { .. } => None,
        };
        // What needs no drop is gone as it is.
        if G::OUTLIVES_CALL && mem::needs_drop::<Fut>() {
            self.set(Self::Ended { error: None });
        }
        held.expect(POLLED_AGAIN)
    }
}

impl<Fut, G, E, Response, F> Future for ResponseFuture<Fut, G, E>
where
    Fut: Future<Output = Result<Response, F>>,
    F: Into<BoxError> + 'static,
    G: Guard,
    E: End<G, Response>,
{
    type Output = Result<E::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        match state.as_mut().project() {
            StateProj::Sent { inner, held } => {
                let (guard, _) = held.as_mut().expect(POLLED_AGAIN);
                guard.polls();
                let watch = guard.watch();
                let polled = inner.poll(cx);
                watch.over();
                guard.polled(polled.is_pending());
                // Taken in each arm, so that the guard and the response are moved once.
                match polled {
                    Poll::Ready(Ok(response)) => {
                        let (guard, end) = state.finish();
                        Poll::Ready(Ok(end.answered(guard, response)))
                    }
                    Poll::Ready(Err(error)) => {
                        let (guard, end) = state.finish();
                        Poll::Ready(Err(fail(guard, end, error)))
                    }
                    Poll::Pending => Poll::Pending,
                }
            }
            StateProj::Ended { error } => Poll::Ready(Err(error.take().expect(POLLED_AGAIN))),
        }
    }
}

/// Ends a call that failed.
#[cold]
#[inline(never)]
pub(super) fn fail<G, E, Response, F>(guard: G, end: E, error: F) -> Error
where
    E: End<G, Response>,
    F: Into<BoxError> + 'static,
{
    let error = Error::lift(error);
    end.failed(guard, &error);
    error
}
