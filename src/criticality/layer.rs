//! The layer, its service and the future of a call: carry how much a call matters.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service};

use crate::context::CriticalityScope;
use crate::error::Error;
use crate::name::Name;
use crate::registry::{Entry, Registry};
use crate::source::Kind;
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

    /// Makes a response whose later parts, such as its body, run in the scope of this criticality.
    fn carry(class: Criticality, response: Response) -> Self::Response;
}

/// Wraps services in [`Criticalities`].
///
/// It has no state, so its services share nothing.
#[derive(Clone, Debug)]
#[must_use]
pub struct CriticalityLayer<R> {
    pub(crate) rank: R,
    entry: Entry,
}

impl<R> CriticalityLayer<R> {
    pub(crate) fn of(rank: R) -> Self {
        Self { rank, entry: Entry::new(Kind::Criticality, Name::of("criticality"), Vec::new()) }
    }

    /// Sets what the registry calls it. Defaults to `criticality`.
    pub fn name(self, name: Name) -> Self {
        Self { entry: self.entry.named(name), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { entry: self.entry.listed_in(registry), ..self }
    }
}

impl<S, R: Clone> Layer<S> for CriticalityLayer<R> {
    type Service = Criticalities<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Criticalities { inner, rank: self.rank.clone(), entry: self.entry.clone() }
    }
}

/// Says how much each call matters, to everything below.
///
/// Made by a [`CriticalityLayer`].
#[derive(Clone, Debug)]
pub struct Criticalities<S, R> {
    inner: S,
    rank: R,
    entry: Entry,
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
        self.entry.row().count(class as usize);
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
