//! The future of one call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::BoxError;

use super::Countdown;
use crate::call::{End, POLLED_AGAIN, Plain};
use crate::error::Error;

pin_project! {
    /// The future of a [`Timeout`](super::Timeout)'s call.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer, and the call is not ready at once.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, E = Plain> {
        #[pin]
        inner: Option<Fut>,
        countdown: Countdown,
        // Made when the call pends, unless a timeout around ends it sooner.
        #[pin]
        sleep: Option<Sleep>,
        end: E,
    }
}

impl<Fut, E> ResponseFuture<Fut, E> {
    /// Makes the call, with the limit around it.
    pub(super) fn start(mut countdown: Countdown, end: E, call: impl FnOnce() -> Fut) -> Self {
        let inner = countdown.run(call);
        Self { inner: Some(inner), countdown, sleep: None, end }
    }
}

impl<Fut, E, Response, F> Future for ResponseFuture<Fut, E>
where
    Fut: Future<Output = Result<Response, F>>,
    F: Into<BoxError> + 'static,
    E: End<Countdown, Response> + Clone,
{
    type Output = Result<E::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut().as_pin_mut().expect(POLLED_AGAIN);
        match this.countdown.run(|| inner.poll(cx)) {
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(this.end.clone().answered(*this.countdown, response))),
            Poll::Ready(Err(error)) => {
                let error = Error::lift(error);
                this.end.clone().failed(*this.countdown, &error);
                Poll::Ready(Err(error))
            }
            Poll::Pending => this.countdown.poll_over(this.sleep, cx, || this.inner.set(None)).map(Err),
        }
    }
}
