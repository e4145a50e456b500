//! The layer, its service and the future of a call: carry how much a call matters.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service};

use crate::context::CriticalityScope;
use crate::error::Error;
use crate::state::criticality::Criticality;

/// Says how much a call matters. The constructors of a [`CriticalityLayer`] set it.
pub trait Rank<Request> {
    /// Says how much the call of this request matters, and may write it into the request.
    fn rank(&self, request: &mut Request) -> Criticality;
}

/// Carries how much a call matters into its response. The constructors of a [`CriticalityLayer`] set it.
pub trait Carry<Response> {
    /// What the caller gets.
    type Response;

    /// Makes a response of which what runs later, such as its body, runs in the scope of this criticality.
    fn carry(class: Criticality, response: Response) -> Self::Response;
}

/// Wraps services in [`Criticalities`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct CriticalityLayer<R> {
    pub(crate) rank: R,
}

impl<R> CriticalityLayer<R> {
    pub(crate) const fn of(rank: R) -> Self {
        Self { rank }
    }
}

impl<S, R: Clone> Layer<S> for CriticalityLayer<R> {
    type Service = Criticalities<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Criticalities { inner, rank: self.rank.clone() }
    }
}

/// Says how much each call matters, to everything below.
///
/// Made by a [`CriticalityLayer`].
#[derive(Clone, Copy, Debug)]
pub struct Criticalities<S, R> {
    inner: S,
    rank: R,
}

impl<S, Request, R> Service<Request> for Criticalities<S, R>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    R: Rank<Request> + Carry<S::Response>,
{
    type Response = R::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let class = self.rank.rank(&mut request);
        let inner = {
            let _scope = class.enter();
            self.inner.call(request)
        };
        ResponseFuture { call: class.scope(inner), rank: PhantomData }
    }
}

pin_project! {
    /// The future of a [`Criticalities`]' call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, R> {
        #[pin]
        call: CriticalityScope<Fut>,
        rank: PhantomData<fn() -> R>,
    }
}

impl<Fut, R, Response, E> Future for ResponseFuture<Fut, R>
where
    Fut: Future<Output = Result<Response, E>>,
    R: Carry<Response>,
    E: Into<BoxError> + 'static,
{
    type Output = Result<R::Response, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let call = self.project().call;
        let class = call.class;
        Poll::Ready(match ready!(call.poll(cx)) {
            Ok(response) => Ok(R::carry(class, response)),
            Err(error) => Err(Error::lift(error)),
        })
    }
}
