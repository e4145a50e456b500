//! The future of one call.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::BoxError;

use super::{Cover, countdown::Countdown};
use crate::{
    Error, Name,
    call::POLLED_AGAIN,
    deadline::{Frame, Scope},
};

pin_project! {
    /// The future of a [`Timeout`](super::Timeout)'s call.
    ///
    /// # Panics
    ///
    /// When it is polled outside a tokio runtime with a timer, and the call is not ready at once.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, C = super::Head> {
        #[pin]
        inner: Option<Fut>,
        countdown: Countdown,
        // Made when the call pends, unless a timeout around ends it sooner.
        #[pin]
        sleep: Option<Sleep>,
        cover: PhantomData<C>,
    }
}

impl<Fut, C> ResponseFuture<Fut, C> {
    /// Makes the call, with the limit in place.
    #[inline(always)]
    pub(super) fn start(name: Name, limit: Duration, call: impl FnOnce() -> Fut) -> Self {
        let scope = Scope::enter(Frame::around().within(limit, None));
        let inner = call();
        let countdown = Countdown::begun(name, limit, scope.leave());
        Self { inner: Some(inner), countdown, sleep: None, cover: PhantomData }
    }
}

impl<Fut, C, Response, E> Future for ResponseFuture<Fut, C>
where
    Fut: Future<Output = Result<Response, E>>,
    E: Into<BoxError> + 'static,
    C: Cover<Response>,
{
    type Output = Result<C::Response, Error>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let scope = Scope::enter(this.countdown.frame());
        let inner = this.inner.as_mut().as_pin_mut();
        let result = inner.expect(POLLED_AGAIN).poll(cx);
        let asked = scope.leave();
        match result {
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(C::cover(response, this.countdown, asked))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Error::lift(error))),
            Poll::Pending => this.countdown.poll_over(this.sleep, cx, asked, || this.inner.set(None)).map(Err),
        }
    }
}
