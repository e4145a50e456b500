//! Carries deadlines from hop to hop, in a header.
//!
//! A caller that waits for two seconds cannot use a response after three. It says in a header how long it waits. Everything below
//! works within that time, and tells the services that it calls how much of it is left.
//!
//! One layer does both. Outermost in a server, it makes the header the [`Deadline`](crate::Deadline) of everything below.
//! Innermost in a client, it writes the header. A client that retries needs one at both ends. Without the outer one, the time in
//! the caller's header would begin anew with each attempt. Each call has the nearest of these deadlines:
//!
//! - the header of the request, from the moment when the layer is called;
//! - a [`Deadline`](crate::Deadline) in the extensions of the request;
//! - [`Deadline::current`](crate::Deadline::current), for example that of a timeout around the layer.
//!
//! The nearest is the deadline of everything below, and the layer puts it in the extensions of the request. It writes the time
//! that is left into the header, rounded down, so that no hop gets more time than the one before. A
//! [`TimeoutLayer`](crate::TimeoutLayer) below ends the call at the deadline; this layer ends none.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use http::{Request, Response};
//! use http_body_util::BodyExt;
//! use palisade::{Deadline, Error, TimeoutLayer, http::DeadlineLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(DeadlineLayer::http())
//!     .layer(TimeoutLayer::new(Duration::from_secs(30)))
//!     .service(service_fn(|_: Request<()>| async {
//!         let left = Deadline::current().map(Deadline::remaining);
//!         Ok::<_, Error>(Response::new(format!("{left:?} left")))
//!     }));
//!
//! let request = Request::builder().header("x-request-timeout-ms", "1500").body(())?;
//! let text = service.oneshot(request).await?.into_body().collect().await?.to_bytes();
//! assert_eq!(text, "Some(1.5s) left");
//! # Ok(())
//! # }
//! ```
//!
//! # Headers
//!
//! | constructor | header | value |
//! |---|---|---|
//! | [`http`](DeadlineLayer::http) | `x-request-timeout-ms` | whole milliseconds, decimal |
//! | [`header`](DeadlineLayer::header) | yours | whole milliseconds, decimal |
//! | [`grpc`](DeadlineLayer::grpc) | `grpc-timeout` | 1 to 8 digits and a unit: `H` `M` `S` `m` `u` `n` |
//!
//! Of several values the least counts. A value that cannot be read is ignored, and is not passed on, so that all hops agree. Where
//! no deadline is known, no header is written and no clock is read.
//!
//! # The sharp edge
//!
//! A call is not sent if its time is over, or if less than a whole unit of the header is left. It returns
//! [`Error::TimedOut`](crate::Error::TimedOut) at once, and [`Elapsed::was_sent`](crate::Elapsed::was_sent) is false. So a header in
//! milliseconds cannot serve a timeout below one millisecond.
//!
//! The timeouts around a call are known only on their own task. Some layers hand calls to another task, for example tower's
//! `Buffer`. Put a `DeadlineLayer` before them: the deadline then travels in the request.
//!
//! The servers and channels of tonic read `grpc-timeout` too, and end a call at that moment by themselves. Directly over a
//! channel, [`DeadlineLayer::grpc`] recognizes such an end as the deadline's. If a server of tonic ends a call before our timeout
//! does, it responds with `CANCELLED`.

mod body;
mod header;
mod layer;

pub(crate) use self::header::{DeadlineHeader, note};
pub use self::layer::{DeadlineLayer, Deadlines, ResponseFuture};
