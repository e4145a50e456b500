//! The future of one call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
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
        // If there is a wait, a timeout around ends the call before it is over.
        Over { elapsed: Elapsed, #[pin] wait: Option<Sleep> },
    }
}

impl<Fut> ResponseFuture<Fut> {
    pub(super) const fn sent(inner: Fut, carried: Carried) -> Self {
        Self { state: State::Sent { inner, carried } }
    }

    pub(super) const fn late(elapsed: Elapsed) -> Self {
        Self { state: State::Over { elapsed, wait: None } }
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
        if let StateProj::Sent { inner, carried } = state.as_mut().project() {
            let brought = carried.brought;
            let _scope = brought.map(Deadline::enter);
            let result = ready!(inner.poll(cx)).map_err(Error::lift);
            let Some((elapsed, told_at)) = carried.ended(result.as_ref()) else {
                return Poll::Ready(result.map(|head| head.map(|body| DeadlineBody::new(body, brought))));
            };
            state.set(State::Over { elapsed, wait: told_at.map(sleep_until) });
        }
        let StateProj::Over { elapsed, wait } = state.project() else { unreachable!("it was just set") };
        if let Some(wait) = wait.as_pin_mut() {
            ready!(wait.poll(cx));
        }
        Poll::Ready(Err(Error::TimedOut(*elapsed)))
    }
}
