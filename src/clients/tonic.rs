//! tonic's statuses in place of errors, for clients; and its bodies below a retry.
//!
//! tonic's clients show every failure as a `Status`. Put a [`StatusLayer`] outermost in the stack of a client. Then the message of
//! a status says what happened, and its `source()` is the [`Error`]. In a server use
//! [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc) instead, which tells strangers no more than the code.
//!
//! # Examples
//!
//! ```
//! use palisade::{CircuitBreakerLayer, Error, tonic::StatusLayer};
//! use tonic::{Code, transport::Endpoint};
//! use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
//! use tower::ServiceBuilder;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::ConfigError> {
//! let breaker = CircuitBreakerLayer::grpc("users").build()?;
//! breaker.handle().force_open();
//! let stack = ServiceBuilder::new()
//!     .layer(StatusLayer)
//!     .layer(breaker)
//!     .service(Endpoint::from_static("http://users:50051").connect_lazy());
//!
//! let Err(status) = HealthClient::new(stack).check(HealthCheckRequest::default()).await else { unreachable!() };
//! assert_eq!(status.code(), Code::Unavailable);
//! assert!(status.message().starts_with("circuit breaker `users` rejected the call"));
//! let cause = std::error::Error::source(&status).and_then(|source| source.downcast_ref::<Error>());
//! assert!(cause.is_some_and(|cause| cause.rejection().is_some()));
//! # Ok(())
//! # }
//! ```

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use http_body_util::combinators::MapErr;
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tower::{BoxError, Layer, Service};

use crate::error::{Chain, Error};
use crate::grpc::Code;
use crate::grpc::own::status_of;
use crate::grpc::status::message;
use crate::http::ReplayBody;
use crate::http::made::Made;

/// Turns the errors of a client's stack into statuses that say what happened, and keep the cause.
///
/// It stands outermost. A status that the service gave passes unchanged. Every other failure, also of a stream and of readiness,
/// becomes a status whose message is that of the error and its sources, and whose `source()` is the [`Error`]. The codes, and
/// `grpc-retry-pushback-ms` in the metadata, are those of [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc).
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct StatusLayer;

impl<S> Layer<S> for StatusLayer {
    type Service = Statuses<S>;

    fn layer(&self, inner: S) -> Statuses<S> {
        Statuses { inner, unready: None }
    }
}

/// Turns errors into statuses. Made by a [`StatusLayer`].
#[derive(Debug)]
pub struct Statuses<S> {
    inner: S,
    /// Why the inner service did not become ready; the next call fails with it.
    unready: Option<Error>,
}

/// A clone has not been polled ready.
impl<S: Clone> Clone for Statuses<S> {
    fn clone(&self) -> Self {
        StatusLayer.layer(self.inner.clone())
    }
}

impl<S, Request, B> Service<Request> for Statuses<S>
where
    S: Service<Request, Response = Response<B>>,
    S::Error: Into<BoxError> + 'static,
    B: HttpBody<Error: Into<BoxError> + 'static>,
{
    type Response = Response<StatusBody<B>>;
    type Error = Status;
    type Future = ResponseFuture<S::Future>;

    /// Is ready even if the inner service failed to become ready, because tonic's clients keep nothing of such an error.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        if self.unready.is_none() {
            self.unready = ready!(self.inner.poll_ready(cx)).map_err(Error::lift).err();
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture { call: self.unready.take().map_or_else(|| Ok(self.inner.call(request)), Err).into() }
    }
}

/// A body that fails with a status.
pub type StatusBody<B> = MapErr<B, fn(<B as HttpBody>::Error) -> Status>;

pin_project! {
    /// The future of a [`Statuses`]' call.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut> {
        #[pin]
        call: Made<Fut, Error>,
    }
}

impl<Fut, B, E> Future for ResponseFuture<Fut>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError> + 'static,
    B: HttpBody<Error: Into<BoxError> + 'static>,
{
    type Output = Result<Response<StatusBody<B>>, Status>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().call.poll(cx)).and_then(|result| result.map_err(Error::lift));
        Poll::Ready(response.map(|head| head.map(|body| body.map_err(told as fn(_) -> _))).map_err(told))
    }
}

fn told<E: Into<BoxError> + 'static>(error: E) -> Status {
    status_of(Error::lift(error), |error, _| Chain(error).to_string())
}

impl From<tonic::Code> for Code {
    fn from(code: tonic::Code) -> Self {
        Self::of_i32(code.into())
    }
}

/// Keeps a status that the service gave, or makes one, with `grpc-retry-pushback-ms` in the metadata where that is known.
///
/// The codes and messages are those of [`AnswerLayer::grpc`](crate::http::AnswerLayer::grpc), because a handler that returns such
/// a status shows it to strangers. The error becomes the source of the status, which is not sent.
impl From<Error> for Status {
    fn from(error: Error) -> Self {
        status_of(error, |_, code| message(code).to_owned())
    }
}

impl<B: HttpBody<Error: Into<BoxError>> + Send + Unpin + 'static> From<ReplayBody<B>> for Body {
    fn from(body: ReplayBody<B>) -> Self {
        Self::new(body)
    }
}
