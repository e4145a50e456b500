//! The service: calls the service within under a limit.

use std::{
    fmt,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tower::{BoxError, Service};

use super::{Cover, Head, Limit, ResponseFuture};
use crate::{Error, Name, call::Oneshot};

/// Ends calls that take too long.
///
/// Made by a [`TimeoutLayer`](super::TimeoutLayer).
#[derive(Clone, Debug)]
pub struct Timeout<S, L = Duration, R = CallOnly> {
    inner: S,
    limit: L,
    name: Name,
    covers: PhantomData<R>,
}

/// The limit is on the call alone, and of its answer on what `C` covers.
#[derive(Clone, Copy, Debug)]
pub struct CallOnly<C = Head>(PhantomData<C>);

/// The limit is on the wait for readiness and the call together, and of its answer on what `C` covers.
#[derive(Clone, Copy, Debug)]
pub struct CoverReadiness<C = Head>(PhantomData<C>);

impl<S, L, R> Timeout<S, L, R> {
    pub(super) const fn new(inner: S, limit: L, name: Name) -> Self {
        Self { inner, limit, name, covers: PhantomData }
    }
}

impl<S, Request, L, C> Service<Request> for Timeout<S, L, CallOnly<C>>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    L: Limit<Request>,
    C: Cover<S::Response>,
{
    type Response = C::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, C>;

    #[inline(always)]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let limit = self.limit.limit(&request);
        ResponseFuture::start(self.name, limit, || self.inner.call(request))
    }
}

impl<S, Request, L, C> Service<Request> for Timeout<S, L, CoverReadiness<C>>
where
    S: Service<Request> + Clone,
    S::Error: Into<BoxError> + 'static,
    L: Limit<Request>,
    C: Cover<S::Response>,
{
    type Response = C::Response;
    type Error = Error;
    type Future = ReadyFuture<S, Request, C>;

    #[inline(always)]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    #[inline(always)]
    fn call(&mut self, request: Request) -> Self::Future {
        let limit = self.limit.limit(&request);
        let service = self.inner.clone();
        ReadyFuture { timed: ResponseFuture::start(self.name, limit, || Oneshot::new(service, request)) }
    }
}

pin_project! {
    /// The future of a [`Timeout`]'s call that covers readiness.
    #[must_use = "futures do nothing unless polled"]
    pub struct ReadyFuture<S, Request, C = Head>
    where
        S: Service<Request>,
    {
        #[pin]
        timed: ResponseFuture<Oneshot<S, Request>, C>,
    }
}

impl<S, Request, C> Future for ReadyFuture<S, Request, C>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    C: Cover<S::Response>,
{
    type Output = Result<C::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().timed.poll(cx)
    }
}

impl<S: Service<Request>, Request, C> fmt::Debug for ReadyFuture<S, Request, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyFuture").finish_non_exhaustive()
    }
}
