//! The future of one call: an answer that is there, or one to wait for.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use tower::{BoxError, Service};

use super::keep::Keep;
use super::waiting::Waiting;
use crate::call::POLLED_AGAIN;
use crate::error::Error;

/// The future of a [`Cache`](super::Cache)'s call.
///
/// # Cancellation
///
/// Dropped, it leaves the call to the service to those who wait for it too. When the last has left, that is dropped.
#[must_use = "futures do nothing unless polled"]
pub struct ResponseFuture<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    state: State<S, Request, P>,
}

enum State<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    Answered { response: Option<P::Response> },
    Waiting { waiting: Box<Waiting<S, Request, P>> },
}

impl<S, Request, P> ResponseFuture<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    #[inline]
    pub(super) const fn answered(response: P::Response) -> Self {
        Self { state: State::Answered { response: Some(response) } }
    }

    pub(super) fn waiting(waiting: Waiting<S, Request, P>) -> Self {
        Self { state: State::Waiting { waiting: Box::new(waiting) } }
    }
}

/// Nothing in it is pinned, but for what is boxed.
impl<S, Request, P> Unpin for ResponseFuture<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
}

impl<S, Request, P> Future for ResponseFuture<S, Request, P>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    P: Keep<Request, S::Response>,
{
    type Output = Result<P::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().state {
            State::Answered { response } => Poll::Ready(Ok(response.take().expect(POLLED_AGAIN))),
            State::Waiting { waiting } => waiting.poll(cx),
        }
    }
}

impl<S, Request, P> fmt::Debug for ResponseFuture<S, Request, P>
where
    S: Service<Request>,
    P: Keep<Request, S::Response>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
