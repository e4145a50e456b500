//! The layer, its service and the future of a call: carry the deadline of a request into the call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderName, Request, Response};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower::{BoxError, Layer, Service};

use super::header::{Carried, DeadlineHeader, Told};
use crate::context::{Deadline, DeadlineScope, Scope};
use crate::error::{Elapsed, Error};
use crate::setting::Setting;
use crate::standard::Part;

/// Wraps services in [`Deadlines`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeadlineLayer {
    header: DeadlineHeader,
    /// Whether it tells the inner service the time that is left, in the request.
    is_told: bool,
}

impl DeadlineLayer {
    /// Reads and writes whole milliseconds in `x-request-timeout-ms`.
    pub const fn http() -> Self {
        Self::header(HeaderName::from_static("x-request-timeout-ms"))
    }

    /// Reads and writes whole milliseconds in this header.
    pub const fn header(name: HeaderName) -> Self {
        Self::of(DeadlineHeader::millis(name))
    }

    pub(crate) const fn of(header: DeadlineHeader) -> Self {
        Self { header, is_told: true }
    }

    /// The layer around a whole call, which only takes the deadline from its request, and that around each attempt.
    pub(crate) fn taken_and_sent(self) -> (Self, Self) {
        (Self { is_told: false, ..self.clone() }, self)
    }
}

impl Part for DeadlineLayer {
    fn settings(&self) -> Option<Vec<Setting>> {
        Some(vec![Setting::new("header", self.header.name.to_string())])
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadlines { inner, header: self.header.clone(), is_told: self.is_told }
    }
}

/// Carries the deadline of a request into its call, and on in its header.
///
/// Made by a [`DeadlineLayer`].
#[derive(Clone, Debug)]
pub struct Deadlines<S> {
    inner: S,
    header: DeadlineHeader,
    is_told: bool,
}

impl<S, B, R> Service<Request<B>> for Deadlines<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Into<BoxError> + 'static,
{
    type Response = Response<DeadlineScope<R>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Error::lift)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.header.carry(&mut request, self.is_told) {
            Ok(Carried { brought, told }) => {
                let _scope = brought.map(Scope::of_deadline);
                ResponseFuture::sent(self.inner.call(request), brought, told)
            }
            Err(elapsed) => ResponseFuture::late(elapsed),
        }
    }
}

pin_project! {
    /// The future of a [`Deadlines`]' call.
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
    const fn sent(inner: Fut, brought: Option<Deadline>, told: Option<Told>) -> Self {
        Self { state: State::Sent { call: DeadlineScope { deadline: brought, inner }, told } }
    }

    const fn late(elapsed: Elapsed) -> Self {
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
