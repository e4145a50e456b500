//! The future of one call.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::BoxError;

use super::{Answer, FallbackError, Step, Take};
use crate::{
    call::POLLED_AGAIN,
    error::Error,
    event::{self, Event},
    name::Name,
    source::{Kind, Source},
};

pin_project! {
    /// The future of a [`Fallback`](super::Fallback)'s call.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, Request, Response, F, T>
    where
        F: Step<Request, Response>,
    {
        #[pin]
        state: State<Fut, F::Future>,
        fallback: Option<(F, F::Kept)>,
        take: T,
        name: Name,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<Fut, Alternative> {
        Calling { #[pin] call: Fut },
        // The call failed before it was made.
        Failed { error: Option<Error> },
        Degrading { #[pin] step: Alternative, before: Option<Error> },
    }
}

impl<Fut, Request, Response, F, T> ResponseFuture<Fut, Request, Response, F, T>
where
    F: Step<Request, Response>,
{
    #[inline(always)]
    pub(super) fn calling(call: Fut, fallback: (F, F::Kept), take: T, name: Name) -> Self {
        Self { state: State::Calling { call }, fallback: Some(fallback), take, name }
    }

    pub(super) fn failed(error: Error, fallback: (F, F::Kept), take: T, name: Name) -> Self {
        Self { state: State::Failed { error: Some(error) }, fallback: Some(fallback), take, name }
    }
}

impl<Fut, Request, Response, F, T, E> Future for ResponseFuture<Fut, Request, Response, F, T>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    F: Step<Request, Response>,
    T: Take<Response>,
{
    type Output = Result<Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let failed = match this.state.as_mut().project() {
                StateProj::Calling { call } => match ready!(call.poll(cx)) {
                    Ok(response) if !this.take.take(Ok(&response)) => return Poll::Ready(Ok(response)),
                    Ok(response) => Ok(response),
                    Err(error) => Err(Error::lift(error)),
                },
                StateProj::Failed { error } => Err(error.take().expect(POLLED_AGAIN)),
                StateProj::Degrading { step, before } => {
                    let result = ready!(step.poll(cx));
                    return Poll::Ready(degraded(*this.name, result, before.take()));
                }
            };
            match &failed {
                Err(error) if !this.take.take(Err(error)) => return Poll::Ready(failed),
                // An answer was judged above.
                _ => {}
            }
            let (fallback, kept) = this.fallback.take().expect(POLLED_AGAIN);
            let step = fallback.answer(kept, failed.as_ref());
            this.state.set(State::Degrading { step, before: failed.err() });
        }
    }
}

const fn source(name: Name) -> Source<'static> {
    Source::new(Kind::Fallback, name)
}

/// Tells of the answer, or wraps up what failed.
#[inline(always)]
fn degraded<Response>(
    name: Name,
    result: Result<Answer<Response>, Error>,
    before: Option<Error>,
) -> Result<Response, Error> {
    match result {
        Ok(answer) => {
            let (response, step) = answer.into_parts();
            event::tell_often(|| (source(name), Event::Degraded { step, error: before.as_ref() }));
            Ok(response)
        }
        Err(error) => {
            event::tell_often(|| (source(name), Event::FallbackFailed(&error)));
            Err(FallbackError::wrap(error, before))
        }
    }
}

impl<Fut, Request, Response, F, T> fmt::Debug for ResponseFuture<Fut, Request, Response, F, T>
where
    F: Step<Request, Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("name", &self.name).finish_non_exhaustive()
    }
}
