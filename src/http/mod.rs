//! The layers as users of HTTP know it.
//!
//! In HTTP a failure arrives as an `Ok` response, a request's body can be read once, an answer goes on after its head, the
//! server says when to come back, and the caller how long it will wait. The constructors named `http` set the layers up for
//! that; [`grpc`](crate::grpc) has the same for gRPC. This module needs the feature `http`, and brings no client and no server.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt, Full};
//! use palisade::{BulkheadLayer, CircuitBreakerLayer, RetryLayer, TimeoutLayer, http::ReplayBody};
//! use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};
//!
//! type Sent = Request<ReplayBody<Full<Bytes>>>;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let upstream = service_fn(|request: Sent| async move {
//!     let body = request.into_body().collect().await?.to_bytes();
//!     Ok::<_, BoxError>(Response::new(Full::new(body)))
//! });
//!
//! let service = ServiceBuilder::new()
//!     .layer(TimeoutLayer::http(Duration::from_secs(3)))
//!     .layer(RetryLayer::http("orders").build()?)
//!     .layer(CircuitBreakerLayer::http("orders").build()?)
//!     .layer(BulkheadLayer::http(64).build()?)
//!     .layer(TimeoutLayer::http(Duration::from_secs(1)))
//!     .service(upstream);
//!
//! let request = Request::put("/orders/7").body(Full::from("two of them"))?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "two of them");
//! # Ok(())
//! # }
//! ```
//!
//! # What changes
//!
//! | layer | for HTTP |
//! |---|---|
//! | circuit breaker, retry, fallback | go by the [status](HttpClassifier), and heed `Retry-After` |
//! | circuit breaker, bulkhead | [hold](Hold) the call's place until the body of its answer has ended |
//! | timeout | [bounds](TimedBody) the body too |
//! | retry | sends again what is [idempotent](Idempotent) or was [not sent](not_sent()), with a [body](ReplayBody) that can be read twice |
//!
//! An answer whose body breaks after its head is not retried: whoever has the head may have acted on it.
//!
//! # The sharp edge
//!
//! A timeout cannot tell a service that answers slowly from a caller that sends or reads slowly. Inside the circuit breaker,
//! leave the body out of it where callers read slowly, with [`TimeoutLayer::new`](crate::TimeoutLayer::new); where they send
//! slowly, make it longer than they take.
//!
//! A place is held by whoever holds the body. One that is neither read nor dropped is a call in flight, and no timeout of this
//! crate ends it, because a body does nothing until it is polled; in a server that is a client which does not read, and the
//! server's to cut off. Read bodies to their end where you can: an answer that is dropped half way counts for nothing in a
//! circuit, while a status that is a failure counts at once. A connection that was upgraded, to a WebSocket say, outlives its
//! answer: it holds no place, and no timeout covers it.
//!
//! A fallback answers with the type of body that the layers within it make: put a `map_response` between that makes them the one
//! you want. The answer that it replaces is dropped, and over HTTP/1.1 its connection with it unless all of it was there.

pub mod answer;
mod causes;
mod classify;
pub mod deadline;
mod drain;
mod held;
mod host;
mod idempotent;
mod layers;
mod replay;
mod resend;
mod retry_after;
#[cfg(all(test, not(loom)))]
mod tests;
mod timed;

#[cfg(feature = "tonic")]
pub(crate) use self::causes::{Fact, causes, facts};
pub use self::{
    answer::{AnswerLayer, answer_to},
    causes::not_sent,
    classify::{ByTable, ClassifyEnd, HttpClassifier, Overrides},
    deadline::DeadlineLayer,
    drain::DrainedBody,
    held::{HeldBody, Hold, InCircuit, Place},
    host::host,
    idempotent::Idempotent,
    replay::ReplayBody,
    resend::{Attempt, Resend},
    timed::{TimedBody, WholeAnswer},
};
pub(crate) use self::{causes::own_fault, retry_after::digits};
#[cfg(feature = "axum")]
pub use crate::clients::axum::AxumAnswers;
