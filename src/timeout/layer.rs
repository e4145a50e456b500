//! The layer, its service and the future of a call: calls the inner service under a limit.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tower::{BoxError, Layer, Service};

use super::{ByRequest, Countdown, Limit};
use crate::call::{End, LazyLayer, POLLED_AGAIN, Plain};
use crate::error::Error;
use crate::name::Name;
use crate::outcome::DefaultClassifier;
use crate::registry::{Entry, Registry};
use crate::setting::{Setting, Value};
use crate::source::Kind;

/// Wraps services in a [`Timeout`].
///
/// It has no state, so its services share nothing.
#[derive(Clone, Debug)]
#[must_use]
pub struct TimeoutLayer<L = Duration, E = Plain, R = ()> {
    limit: L,
    entry: Entry,
    end: E,
    /// The layer between the timeout and the inner service.
    readiness: R,
}

impl TimeoutLayer {
    /// Ends calls that take longer than `limit`.
    ///
    /// Zero polls once. [`Duration::MAX`] is as good as never.
    pub fn new(limit: Duration) -> Self {
        Self::of(limit, limit)
    }
}

impl<F> TimeoutLayer<ByRequest<F>> {
    /// Ends calls that take longer than the function `limit` says of their request.
    pub fn by_request(limit: F) -> Self {
        Self::of(ByRequest(limit), "by request")
    }
}

impl<L> TimeoutLayer<L> {
    fn of(limit: L, shown: impl Into<Value>) -> Self {
        let entry = Entry::new(Kind::Timeout, Name::of("timeout"), vec![Setting::new("limit", shown)]);
        Self { limit, entry, end: Plain::new(DefaultClassifier), readiness: () }
    }
}

impl<L, E, R> TimeoutLayer<L, E, R> {
    /// Sets what events and the registry call it. Defaults to `timeout`.
    pub fn name(self, name: Name) -> Self {
        Self { entry: self.entry.named(name), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { entry: self.entry.listed_in(registry), ..self }
    }

    /// Ends calls as another protocol does, which decides what the limit covers of a response.
    ///
    /// Most often the constructors `http` and `grpc` set it. Defaults to [`Plain`], where the limit is over with the response.
    pub fn end<F>(self, end: F) -> TimeoutLayer<L, F, R> {
        self.map_end(|_| end)
    }

    /// Replaces the end.
    pub(crate) fn map_end<F>(self, map: impl FnOnce(E) -> F) -> TimeoutLayer<L, F, R> {
        TimeoutLayer { limit: self.limit, entry: self.entry, end: map(self.end), readiness: self.readiness }
    }

    /// Takes the wait for readiness into the limit, by calling a clone of the inner service.
    ///
    /// Set it where the inner service waits in `poll_ready`, as connection pools do. Defaults to timing the call only.
    pub fn cover_readiness(self) -> TimeoutLayer<L, E, LazyLayer> {
        TimeoutLayer { limit: self.limit, entry: self.entry, end: self.end, readiness: LazyLayer }
    }
}

impl<E, R> TimeoutLayer<Duration, E, R> {
    pub(crate) fn settings(&self) -> Vec<Setting> {
        vec![Setting::new("limit", self.limit)]
    }
}

impl<S, L, E, R> Layer<S> for TimeoutLayer<L, E, R>
where
    L: Clone,
    E: Clone,
    R: Layer<S>,
{
    type Service = Timeout<R::Service, L, E>;

    fn layer(&self, inner: S) -> Self::Service {
        let inner = self.readiness.layer(inner);
        Timeout { inner, limit: self.limit.clone(), entry: self.entry.clone(), end: self.end.clone() }
    }
}

/// Ends calls that take too long.
///
/// Made by a [`TimeoutLayer`].
#[derive(Clone, Debug)]
pub struct Timeout<S, L = Duration, E = Plain> {
    inner: S,
    limit: L,
    entry: Entry,
    end: E,
}

impl<S, Request, L, E> Service<Request> for Timeout<S, L, E>
where
    S: Service<Request>,
    S::Error: Into<BoxError> + 'static,
    L: Limit<Request>,
    E: End<Countdown, S::Response> + Clone,
{
    type Response = E::Response;
    type Error = Error;
    type Future = ResponseFuture<S::Future, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let countdown = Countdown::new(self.entry.row(), self.limit.limit(&request));
        ResponseFuture::start(countdown, self.end.clone(), || self.inner.call(request))
    }
}

pin_project! {
    /// The future of a [`Timeout`]'s call.
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
        // Made when the call pends.
        #[pin]
        sleep: Option<Sleep>,
        end: E,
    }
}

impl<Fut, E> ResponseFuture<Fut, E> {
    /// Makes the call, with the limit around it.
    fn start(mut countdown: Countdown, end: E, call: impl FnOnce() -> Fut) -> Self {
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
