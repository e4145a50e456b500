//! Turns the error of a failed call into a response.
//!
//! Under the layers of this crate a call may end in an [`Error`](crate::Error). What stands above them, such as axum's router,
//! needs a response for every call. [`AnswerLayer`] makes one, so it stands outermost.
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
//! | rejected by a circuit breaker, because its feature is off, or because there is no room for its key | 503 | `UNAVAILABLE` |
//! | rejected by a bulkhead or a throttle | 503 | `RESOURCE_EXHAUSTED` |
//! | rejected by a rate limit | 429 | `RESOURCE_EXHAUSTED` |
//! | rejected by a limit of your own | 503 | `RESOURCE_EXHAUSTED`, or `UNAVAILABLE` if the inner service was not ready |
//! | timed out | 504 | `DEADLINE_EXCEEDED` |
//! | the request is at fault: its body broke, or it cannot be sent | 400 | as below |
//! | the request's body is over a limit | 413 | as below |
//! | the upstream was not reached, or it broke off | 502 | as below |
//! | a client's own timeout, or the system's | 504 | as below; tonic's is `DEADLINE_EXCEEDED` |
//! | the service failed in another way | 500 | its own status if it gave one, else `UNAVAILABLE` if [nothing was sent](super::not_sent), else `INTERNAL` |
//! | when to try again, where known | `Retry-After`, in seconds | `grpc-retry-pushback-ms` |
//!
//! The delay is rounded up. A rate limit that tells its [`headers`](crate::RateLimitBuilder::headers) also has `RateLimit` in the
//! response to a rejection. Bodies are empty, and messages tell only the kind of the error, because internal details are not sent
//! to clients. [`AnswerLayer::new`] takes a function that makes other responses.
//!
//! What is 400, 413, 502 or 504 in a gateway is read in the errors of its client, see the features `hyper-util` and `reqwest`, and
//! in I/O errors of connections. So an error of a handler's own is 500. Callers whose circuit or retry uses an
//! [`HttpClassifier`](super::HttpClassifier) count 502 and 504 as the failures that they are here, and 400 and 413 as none. The
//! limit of a body is that of axum, tower-http or `http_body_util::Limited`. A client of HTTP/2 does not say why a body broke, so
//! there a body over its limit is 400, unless a [`RetryLayer`](crate::RetryLayer) below, which saw the body break and has attempts left, says why.
//!
//! A client has no use for such a response: in a stack around tonic's client, `tonic::StatusLayer` stands outermost instead, and
//! keeps the error.
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
//! # Uploads over HTTP/2
//!
//! Over HTTP/2, a response before the end of its request resets the request's stream, and what the client had sent meanwhile is an
//! error on the connection. h2 closes a connection after 1,024 of them, with the calls that are on it. So before the layer responds
//! to an error, it reads what the inner service has left of the request's body: up to 64 KiB that are there or come within 50
//! milliseconds. A longer upload is reset, and so is one that a handler itself responds to early.
//!
//! The layer does so for requests with the body of axum or tonic (features `axum` and `tonic`). Over HTTP/1, and for the other
//! responses of the inner service, nothing is read.
//!
//! # The sharp edge
//!
//! A body that fails after the head of its response was sent cannot become another HTTP response: the connection is cut. In
//! gRPC such a body ends with trailers that tell the code.

mod layer;
mod lent;
mod plain;
mod respond;
mod service;
mod status;

pub use self::layer::AnswerLayer;
pub use self::plain::{HttpAnswers, answer_to};
pub use self::respond::Respond;
pub(crate) use self::respond::{original, tell};
pub use self::service::{Answers, ResponseFuture};
