//! Carries deadlines from hop to hop, in a header.
//!
//! A caller that waits for two seconds has no use for an answer after three. It says in a header how long it waits; what is
//! below works within that time, and tells what is left of it to the services that it calls.
//!
//! One layer does both. Outermost in a server it takes the header for the [`Deadline`](crate::Deadline) of everything below;
//! innermost in a client it writes the header. In a client that retries, put one at both ends: outermost too, because the header
//! that a caller sets would begin anew with each attempt. For each call the nearest counts of
//!
//! - the header of the request, from the moment when the layer is called;
//! - a [`Deadline`](crate::Deadline) in the extensions of the request;
//! - [`Deadline::current`](crate::Deadline::current), that is the timeouts around.
//!
//! It is the deadline of what runs below, it stands in the extensions of the request, and what is left of it stands in the
//! header, rounded down: no hop gets more than the one before. A [`TimeoutLayer`](crate::TimeoutLayer) below ends the call
//! at it; this layer ends none.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use http::{HeaderName, Request, Response};
//! use http_body_util::BodyExt;
//! use palisade::{Deadline, Error, TimeoutLayer, http::DeadlineLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::header(HeaderName::from_static("x-request-timeout-ms")))
//!     .layer(TimeoutLayer::new(Duration::from_secs(30)))
//!     .service(service_fn(|_: Request<()>| async {
//!         let left = Deadline::current().map(Deadline::remaining);
//!         Ok::<_, Error>(Response::new(format!("{left:?} left")))
//!     }));
//!
//! let request = Request::builder().header("x-request-timeout-ms", "1500").body(())?;
//! let answer = service.oneshot(request).await?.into_body().collect().await?.to_bytes();
//! assert_eq!(answer, "Some(1.5s) left");
//! # Ok(())
//! # }
//! ```
//!
//! # Headers
//!
//! | constructor | header | value |
//! |---|---|---|
//! | [`header`](DeadlineLayer::header) | yours | whole milliseconds, decimal |
//! | [`grpc`](DeadlineLayer::grpc) | `grpc-timeout` | 1 to 8 digits and a unit: `H` `M` `S` `m` `u` `n` |
//!
//! Of several values the least counts. One that is unreadable is as good as none; it is not passed on, so that no hop reads
//! into it what another does not. Where no deadline is known nothing is written, and no clock is read.
//!
//! # The sharp edge
//!
//! A call whose time is over, or has no whole unit of the header left, is not sent: the answer is
//! [`Error::TimedOut`](crate::Error::TimedOut) at once. So milliseconds serve no timeout that is shorter than one.
//!
//! Timeouts around are known on their own task only. Where a layer hands the call to another, tower's `Buffer` say, put one of
//! these before it: the deadline then travels in the request.
//!
//! The servers and channels of tonic read `grpc-timeout` too, and end a call at that moment by themselves. Directly over a channel
//! this layer knows such an end for that of the deadline; a server that is quicker than a timeout of ours answers `CANCELLED`.

mod body;
mod future;
mod layer;
mod service;
mod wire;

pub(crate) use self::wire::Wire;
pub use self::{body::DeadlineBody, future::ResponseFuture, layer::DeadlineLayer, service::Deadlines};
