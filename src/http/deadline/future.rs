//! The future of one call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;
use tower::BoxError;

use super::{DeadlineBody, wire::Carried};
use crate::{Deadline, Elapsed, Error};

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
                let brought = carried.brought;
                let _scope = brought.map(Deadline::enter);
                let result = ready!(inner.poll(cx)).map_err(Error::lift);
                let Some(ended) = carried.ended(result.as_ref()) else {
                    return Poll::Ready(result.map(|head| head.map(|body| DeadlineBody::new(body, brought))));
                };
                if ended.is_pending() {
                    state.set(State::Over);
                }
                ended.map(Err)
            }
            StateProj::Over => Poll::Pending,
            StateProj::Late { elapsed } => Poll::Ready(Err(Error::TimedOut(*elapsed))),
        }
    }
}
