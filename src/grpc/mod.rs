//! The layers as users of gRPC know it.
//!
//! In gRPC the status of a call is a code, in the head of the answer or in the trailers after its messages; a server says by a
//! pushback when to come back, and a caller by `grpc-timeout` how long it waits. The constructors named `grpc` set the layers up
//! for that. They look at HTTP alone, so they go around every client and server; this module needs the feature `http`. With the
//! feature `tonic` they know its `Status` and bodies, and read `RetryInfo`.
//!
//! # Example
//!
//! ```no_run
//! use std::time::Duration;
//! use palisade::{CircuitBreakerLayer, RetryLayer, TimeoutLayer, http::{AnswerLayer, DeadlineLayer}};
//! use tonic::transport::Endpoint;
//! use tonic_health::pb::health_client::HealthClient;
//! use tower::ServiceBuilder;
//!
//! # fn client() -> Result<(), palisade::ConfigError> {
//! let stack = ServiceBuilder::new()
//!     .layer(AnswerLayer::grpc())
//!     .layer(DeadlineLayer::grpc())
//!     .layer(TimeoutLayer::grpc(Duration::from_secs(3)))
//!     .layer(RetryLayer::grpc("users").build()?)
//!     .layer(CircuitBreakerLayer::grpc("users").build()?)
//!     .layer(DeadlineLayer::grpc())
//!     .service(Endpoint::from_static("http://users:50051").connect_lazy());
//! let client = HealthClient::new(stack);
//! # drop(client);
//! # Ok(())
//! # }
//! ```
//!
//! # What changes
//!
//! | layer | for gRPC |
//! |---|---|
//! | circuit breaker, fallback | go by the [code](GrpcClassifier); a circuit breaker also by the one in the trailers |
//! | circuit breaker, bulkhead | [hold](crate::http::Hold) the call's place until the stream of its answer has ended |
//! | timeout | bounds the stream too |
//! | retry | goes by the code in the head, and heeds the server's [pushback](Pushback) |
//! | [`DeadlineLayer`](crate::http::DeadlineLayer) | carries `grpc-timeout` from hop to hop |
//! | [`AnswerLayer`](crate::http::AnswerLayer) | makes a status of what is refused or late |
//!
//! # In a server
//!
//! The same layers go around tonic's services, with `Server::builder().layer(...)`: outermost an `AnswerLayer`, or a call that is
//! refused has no pushback and a stream that is cut has no code; then `DeadlineLayer`, a bulkhead, a timeout.
//!
//! # The sharp edge
//!
//! A code in the trailers comes too late for a retry: once the head of an answer has come without one, the call is committed
//! ([gRFC A6]). Servers that fail before the first message tell it in the head.
//!
//! tonic's channel ends a call at its caller's `grpc-timeout` by itself, as it does at a timeout of its own. A `DeadlineLayer`
//! directly over it tells the two apart, up to the head of the answer; without one, callers that do not wait open the circuit.
//!
//! [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#when-retries-are-valid

mod answer;
mod body;
mod classify;
mod code;
mod failure;
mod hint;
mod layers;
#[cfg(feature = "tonic")]
pub(crate) mod own;
mod pushback;
#[cfg(feature = "tonic")]
mod retry_info;
pub(crate) mod status;
mod timeout;

#[cfg(feature = "tonic")]
pub(crate) use self::failure::is_of_deadline;
pub(crate) use self::timeout::TIMEOUT;
pub use self::{answer::GrpcAnswers, body::AnswerBody, classify::GrpcClassifier, code::Code, pushback::Pushback};
