//! The future of one call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower::BoxError;

use super::header::Told;
use crate::context::{Deadline, DeadlineScope};
use crate::error::{Elapsed, Error};

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
        Sent { #[pin] call: DeadlineScope<Fut>, told: Option<Told> },
        // Where it waits, a timeout around is to end the call first.
        Over { elapsed: Elapsed, #[pin] wait: Option<Sleep> },
    }
}

impl<Fut> ResponseFuture<Fut> {
    pub(super) const fn sent(inner: Fut, brought: Option<Deadline>, told: Option<Told>) -> Self {
        Self { state: State::Sent { call: DeadlineScope { deadline: brought, inner }, told } }
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
    type Output = Result<Response<DeadlineScope<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProj::Sent { mut call, told } = state.as_mut().project() {
            let result = ready!(call.as_mut().poll(cx)).map_err(Error::lift);
            let Some((elapsed, over_at)) = told.and_then(|told| told.ended(result.as_ref())) else {
                let deadline = call.deadline;
                return Poll::Ready(result.map(|head| head.map(|inner| DeadlineScope { deadline, inner })));
            };
            // Sent -> Over, because a client or a server has ended the call by the header itself.
            state.set(State::Over { elapsed, wait: over_at.map(sleep_until) });
        }
        let StateProj::Over { elapsed, wait } = state.project() else { unreachable!("it was just set") };
        if let Some(wait) = wait.as_pin_mut() {
            ready!(wait.poll(cx));
        }
        Poll::Ready(Err(Error::TimedOut(*elapsed)))
    }
}
