//! The future of one call.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tower::BoxError;

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
        Sent { #[pin] inner: Fut, brought: Option<Deadline> },
        Late { elapsed: Elapsed },
    }
}

impl<Fut> ResponseFuture<Fut> {
    pub(super) const fn sent(inner: Fut, brought: Option<Deadline>) -> Self {
        Self { state: State::Sent { inner, brought } }
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

impl<Fut, Response, E> Future for ResponseFuture<Fut>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { inner, brought } => {
                let _scope = enter(*brought);
                inner.poll(cx).map_err(Error::lift)
            }
            StateProj::Late { elapsed } => Poll::Ready(Err(Error::TimedOut(*elapsed))),
        }
    }
}
