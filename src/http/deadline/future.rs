//! The future of one call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{
    DeadlineBody,
    wire::{Carried, Enforced},
};
use crate::{
    Deadline, Elapsed, Error,
    deadline::{Fixed, Frame, Scope},
};

pin_project! {
    /// The future of a [`Deadlines`](super::Deadlines)' call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut> {
        #[pin]
        state: State<Fut>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<Fut> {
        Sent { #[pin] inner: Fut, carried: Carried },
        Late { elapsed: Elapsed },
        // A timeout around ends the call now.
        Over,
    }
}

impl<Fut> ResponseFuture<Fut> {
    pub(super) const fn sent(inner: Fut, carried: Carried) -> Self {
        Self { state: State::Sent { inner, carried } }
    }

    pub(super) const fn late(elapsed: Elapsed) -> Self {
        Self { state: State::Late { elapsed } }
    }
}

/// Puts the deadline that the request brought around the code that runs now. The timeouts around stay what they are.
pub(super) fn enter(brought: Option<Deadline>) -> Option<Scope> {
    let fixed = Fixed { at: brought?.instant(), enforced: false };
    Some(Scope::enter(Frame::around().bounded_by(fixed)))
}

impl<Fut, B, E> Future for ResponseFuture<Fut>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<Response<DeadlineBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        match state.as_mut().project() {
            StateProj::Sent { inner, carried } => {
                let _scope = enter(carried.brought);
                let result = ready!(inner.poll(cx)).map_err(Error::lift);
                let ended = match &result {
                    Ok(head) => carried.refused(head),
                    Err(error) => carried.ended(error),
                };
                match ended {
                    None => Poll::Ready(result.map(|head| head.map(|body| DeadlineBody::new(body, carried.brought)))),
                    Some(Ok(elapsed)) => Poll::Ready(Err(Error::TimedOut(elapsed))),
                    Some(Err(Enforced)) => {
                        state.set(State::Over);
                        Poll::Pending
                    }
                }
            }
            StateProj::Over => Poll::Pending,
            StateProj::Late { elapsed } => Poll::Ready(Err(Error::TimedOut(*elapsed))),
        }
    }
}
