//! Sets the layers up for gRPC.
//!
//! In gRPC the status of a call is a code. It stands in the head of the response, or in the trailers after the messages. A server
//! says by a pushback when to come back, and a caller says by `grpc-timeout` how long it waits. The constructors named `grpc` set
//! the layers up for that. They look only at HTTP, so they go around every client and server; this module needs the feature
//! `http`. With the feature `tonic` the layers know tonic's `Status` and bodies, and read `RetryInfo`.
//!
//! # Example
//!
//! ```no_run
//! use palisade::tonic::StatusLayer;
//! use tonic::transport::Endpoint;
//! use tonic_health::pb::health_client::HealthClient;
//! use tower::ServiceBuilder;
//!
//! # fn client() -> Result<(), palisade::ConfigError> {
//! let stack = ServiceBuilder::new()
//!     .layer(StatusLayer)
//!     .layer(palisade::grpc::standard("users")?)
//!     .service(Endpoint::from_static("http://users:50051").connect_lazy());
//! let client = HealthClient::new(stack);
//! # drop(client);
//! # Ok(())
//! # }
//! ```
//!
//! [`standard`](standard()) has a deadline at both ends, two timeouts, a retry and a circuit breaker.
//! [`describe`](crate::StandardLayer::describe) prints them.
//!
//! # What changes
//!
//! | layer | for gRPC |
//! |---|---|
//! | circuit breaker, fallback | go by the [code](GrpcClassifier); a circuit breaker also by the code in the trailers |
//! | circuit breaker, bulkhead | [hold](crate::http::Http) the call's place until the stream of its response has ended |
//! | adaptive bulkhead | goes by the [code](GrpcClassifier) in the head, and by the time to it; a code in the trailers after a head is no drop |
//! | rate limit | [heeds](crate::RateLimitBuilder::heed_throttling) a pushback in the head or in the trailers, if it is told to |
//! | throttle | goes by the [code](GrpcClassifier), also by that in the trailers, and counts a call when the stream has ended |
//! | measure | goes by the [code](GrpcClassifier), also by that in the trailers; a call takes until the stream has ended |
//! | fallback | says in the extensions of its answers that they are [degraded](crate::fallback::Degraded) |
//! | timeout | covers the stream too |
//! | retry | goes by the code that comes before any message, and obeys the server's [pushback](Pushback) |
//! | hedge | goes by the code that comes before any message; hedges the [methods](Methods) that it is told |
//! | [`DeadlineLayer`](crate::http::DeadlineLayer) | carries `grpc-timeout` from hop to hop |
//! | [`AnswerLayer`](crate::http::AnswerLayer) | in a server, turns errors into statuses that tell the code alone |
//! | `tonic::StatusLayer` | in a client of tonic, turns errors into statuses that tell what happened |
//!
//! # In a server
//!
//! The same layers go around tonic's services, with `Server::builder().layer(...)`. Put an `AnswerLayer` outermost: without it, a
//! rejected call has no pushback, and a stream that is cut off has no code. Then come `DeadlineLayer`, a bulkhead and a timeout.
//!
//! # gRPC-Web
//!
//! In gRPC-Web the trailers are the last frame of the data, and in its text form the data is base64. The layers know a response
//! in gRPC-Web by its content type, and look for the trailers there. So they may stand on either side of tonic-web's layers. Put
//! an `AnswerLayer` inside tonic-web's `GrpcWebLayer`, which then turns its trailers into data too.
//!
//! # The sharp edge
//!
//! A code that comes after a message comes too late for a retry: the caller may have acted on the message, so the call is
//! committed. Trailers that come before any message are retried like a head with a code. For that, a retry holds the head back
//! until the first message or the trailers have come, for at most 50 milliseconds. So a stream that is silent at first begins up
//! to that much later, and is committed then. By [gRFC A6] a call is committed at its head already.
//!
//! tonic's channel ends a call at its caller's `grpc-timeout` by itself, as it does at a timeout of its own. A `DeadlineLayer`
//! directly over the channel tells the two apart until the head of the response arrives. Without that layer, impatient callers
//! open the circuit.
//!
//! [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#when-retries-are-valid

mod answer;
mod attempts;
#[cfg(feature = "chaos")]
mod chaos;
mod classify;
mod code;
mod dead_letter;
mod failure;
mod hint;
mod layers;
mod methods;
#[cfg(feature = "tonic")]
pub(crate) mod own;
mod pushback;
#[cfg(feature = "tonic")]
mod retry_info;
mod standard;
pub(crate) mod status;
mod timeout;

pub use self::answer::{AnswerBody, GrpcAnswers};
pub use self::attempts::CountAttempts;
pub use self::classify::GrpcClassifier;
pub use self::code::Code;
pub use self::methods::Methods;
pub use self::pushback::Pushback;
pub use self::standard::standard;

/// How gRPC calls end: at the end of the response's stream, by the code in its trailers.
pub type Grpc<C = GrpcClassifier> = crate::http::Http<C>;
