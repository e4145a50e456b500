//! Sets the layers up for HTTP.
//!
//! In HTTP a failure arrives as an `Ok` response, a request's body can be read only once, and a response goes on after its head.
//! The server says when to come back, and the caller says how long it will wait. The constructors named `http` set the layers
//! up for that. The module [`grpc`](crate::grpc) has the same for gRPC. This module needs the feature `http`, and brings no
//! client and no server.
//!
//! [`standard`](standard()) and [`server_standard`] are whole stacks. This page tells what the layers in them do, and how to make
//! your own.
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
//! | circuit breaker, retry, hedge, fallback, dead letter | go by the [status](HttpClassifier), and by `Retry-After` |
//! | circuit breaker, bulkhead | [hold](Http) the call's place until the body of its response has ended |
//! | adaptive bulkhead | goes by the [status](HttpClassifier), and by the time to the head |
//! | rate limit | [tells](RateLimitFields) callers what is left, or heeds what the service says of its own limit |
//! | throttle | goes by the [status](HttpClassifier), and counts a call when the body of its response has ended |
//! | replicas | go by the [status](HttpClassifier); a call goes on where it was [not sent](not_sent()), and is in flight until the body of its response has ended |
//! | coalesce | shares [`GET` requests](OnlyGets) only; their [bodies](SharedBody) are read whole, and a large one is for who began the call |
//! | cache (feature `http-cache-semantics`) | keeps what the responses say may be kept: see `Semantics` |
//! | chaos (feature `chaos`) | cuts [bodies](SpoiltBody) off half way, or slows them down |
//! | measure | goes by the [status](HttpClassifier); a call takes until the body of its response has ended |
//! | timeout | [covers](TimedBody) the body too, or limits the [pauses](PacedBody) of the body |
//! | fallback | says in the extensions of its answers that they are [degraded](crate::fallback::Degraded) |
//! | retry | sends a request again if it is [idempotent](Idempotent) or was [not sent](not_sent()); its [body](ReplayBody) can be read twice |
//! | hedge | hedges a request that is [idempotent](Idempotent), once its [body](ReplayBody) is there as a whole |
//!
//! A response whose body breaks after its head is not retried: the caller has the head, and may have acted on it.
//!
//! # The sharp edge
//!
//! A timeout cannot tell a service that responds slowly from a caller that sends or reads slowly. This matters for a timeout
//! inside the circuit breaker. Where callers read slowly, use [`TimeoutLayer::new`](crate::TimeoutLayer::new), which leaves the
//! body out, with a limit [between frames](crate::TimeoutLayer::between_frames) for services that stop to send. Where callers send slowly,
//! make the limit longer than they take.
//!
//! The body of a response holds the call's place. A body that is neither read nor dropped keeps its call in flight, and no
//! timeout of this crate ends that call, because a body does nothing until it is polled. In a server this happens when a client
//! does not read, and the server must cut that client off. Read bodies to their end where you can: a circuit does not count a
//! response that is dropped half way, though it counts a status that is a failure at once. A connection that was upgraded, for
//! example to a WebSocket, outlives its response. It holds no place, and no timeout covers it.
//!
//! A fallback's answer has the same type of body as the responses of the layers inside it. To choose that type, put a
//! `map_response` between the fallback and those layers. The response that a fallback replaces is dropped. Over HTTP/1.1 its
//! connection is dropped too, unless the whole response had arrived.

pub mod answer;
pub(crate) mod body;
#[cfg(feature = "http-cache-semantics")]
mod cache;
pub(crate) mod causes;
#[cfg(feature = "chaos")]
mod chaos;
mod classify;
mod coalesce;
pub mod criticality;
mod dead_letter;
pub mod deadline;
pub(crate) mod digits;
mod drain;
mod explain;
mod guarded;
pub(crate) mod headers;
pub mod health;
mod host;
mod idempotent;
mod layers;
mod look;
pub(crate) mod made;
mod marked;
mod paced;
pub(crate) mod rate_limit;
mod replay;
mod resend;
mod retry_after;
mod standard;
#[cfg(all(test, not(loom)))]
mod tests;
mod timed;
mod to_authority;
mod web_trailers;

pub use self::answer::{AnswerLayer, answer_to};
#[cfg(feature = "http-cache-semantics")]
pub use self::cache::{Asked, HttpKey, Kept, Reading, Semantics};
pub use self::causes::not_sent;
#[cfg(feature = "chaos")]
pub use self::chaos::{Cut, SpoiltBody};
pub(crate) use self::classify::overridden;
pub use self::classify::{ByTable, ClassifyEnd, HttpClassifier, Overrides};
pub use self::coalesce::{Buffered, GatherBody, Gathered, OnlyGets, SharedBody};
pub use self::dead_letter::{MakingLetter, WholeRequest, WithLetterId};
pub use self::deadline::DeadlineLayer;
pub(crate) use self::digits::digits;
pub use self::drain::DrainedBody;
pub use self::guarded::{GuardedBody, Http};
pub use self::host::host;
pub use self::idempotent::Idempotent;
pub use self::look::Looked;
pub use self::marked::Marked;
pub use self::paced::{BetweenFrames, PacedBody};
pub use self::rate_limit::RateLimitFields;
pub use self::replay::ReplayBody;
pub use self::resend::{Annotate, Attempt, Resend, WatchBody};
pub use self::standard::{server_standard, standard};
pub use self::timed::TimedBody;
pub use self::to_authority::ToAuthority;
pub use crate::keyed::Host;
