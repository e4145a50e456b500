//! Turns the error of a failed call into a response.
//!
//! Under the layers of this crate a call may end in an [`Error`]. What stands above them, such as axum's router, needs a
//! response for every call. [`AnswerLayer`] makes one, so it stands outermost.
//!
//! # Example
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use palisade::{BulkheadLayer, Error, http::AnswerLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(AnswerLayer::http())
//!     .layer(BulkheadLayer::new(0))
//!     .service(service_fn(|_: Request<()>| async { Ok::<_, Error>(Response::new(String::from("hello"))) }));
//!
//! let Ok(response) = service.oneshot(Request::new(())).await;
//! assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
//! # }
//! ```
//!
//! # Responses
//!
//! | error | [`http`](AnswerLayer::http) | [`grpc`](AnswerLayer::grpc) |
//! |---|---|---|
//! | rejected by a circuit breaker, or because there is no room for its key | 503 | `UNAVAILABLE` |
//! | rejected by a bulkhead | 503 | `RESOURCE_EXHAUSTED` |
//! | timed out | 504 | `DEADLINE_EXCEEDED` |
//! | the service failed | 500 | its own status if it gave one, else `UNAVAILABLE` if [nothing was sent](super::not_sent), else `INTERNAL` |
//! | when to try again, where known | `Retry-After`, in seconds | `grpc-retry-pushback-ms` |
//!
//! The delay is rounded up. Bodies are empty, and messages tell only the kind of the error, because internal details are not sent
//! to clients. [`AnswerLayer::new`] takes a function that makes other responses.
//!
//! A response has the same type of body as those of the layers inside. For [`http`](AnswerLayer::http) that type must be
//! `Default`, which hyper's `Incoming` is not. With the feature `axum`, `AnswerLayer::axum` takes every body. Without it, put a
//! `map_response(|response: Response<_>| response.map(Body::new))` below, with a `Body` that is `Default`.
//!
//! When a fallback failed too, the response tells the error that came before it.
//!
//! # Events
//!
//! Target `palisade::answer`, level `debug`: answered, with the `error` that callers do not see.
//!
//! # The sharp edge
//!
//! A body that fails after the head of its response was sent cannot become another HTTP response: the connection is cut. In
//! gRPC such a body ends with trailers that tell the code.

mod future;
mod layer;
mod plain;
mod service;

pub use self::{
    future::ResponseFuture,
    layer::AnswerLayer,
    plain::{HttpAnswers, answer_to},
    service::Answers,
};
use crate::{
    error::Error,
    event::{self, Event},
    fallback::FallbackError,
    name::Name,
    source::{Kind, Source},
};
use http::Response;

/// Tells that a caller is shown a response, or trailers, in place of this error.
pub(crate) fn tell(error: &Error) {
    event::tell_often(|| (Source::new(Kind::Answer, Name::of("answer")), Event::Answered(error)));
}

/// The error that a response tells: when a fallback failed too, the one that came before it.
pub(crate) fn original(error: &Error) -> &Error {
    error.downcast_ref().and_then(FallbackError::before).map_or(error, original)
}

/// Makes the response that a caller gets in place of an error.
///
/// Every `Fn(Error) -> Response<B>` implements it, and so does what [`AnswerLayer::http`] and [`AnswerLayer::grpc`] use. It
/// is cloned for each call, so it should be cheap to clone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no answer with a body `{B}`",
    note = "the body must be `Default`: map the responses of the inner service to one that is, or use `AnswerLayer::axum`"
)]
pub trait Answer<B> {
    /// The body of every response, including the service's own.
    type Body;

    /// Makes the response in place of an error.
    fn answer(&self, error: Error) -> Response<Self::Body>;

    /// Passes on a response of the service.
    fn pass(&self, response: Response<B>) -> Response<Self::Body>;
}

impl<F, B> Answer<B> for F
where
    F: Fn(Error) -> Response<B>,
{
    type Body = B;

    fn answer(&self, error: Error) -> Response<B> {
        self(error)
    }

    fn pass(&self, response: Response<B>) -> Response<B> {
        response
    }
}
