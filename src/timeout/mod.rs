//! Ends a call that takes too long.
//!
//! A call that never ends holds a connection and a task, and its caller waits. A timeout drops the call when its time is over, and
//! returns [`Error::TimedOut`](crate::Error::TimedOut). The inner service may have acted on the call or not.
//!
//! A timeout also tells everything below it how much time is left, see [`Deadline`](crate::Deadline). A retry below starts no
//! attempt that would begin too late. A bulkhead below queues for no longer. A timeout inside another one never outlives it.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use palisade::{Error, TimeoutLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let service = ServiceBuilder::new()
//!     .layer(TimeoutLayer::new(Duration::from_secs(1)))
//!     .service(service_fn(|()| std::future::pending::<Result<(), Error>>()));
//!
//! match service.oneshot(()).await {
//!     Err(Error::TimedOut(elapsed)) => assert_eq!(elapsed.limit(), Duration::from_secs(1)),
//!     other => panic!("{other:?}"),
//! }
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`new`](TimeoutLayer::new), [`by_request`](TimeoutLayer::by_request) | - | the limit, for all calls or for each |
//! | [`name`](TimeoutLayer::name) | `timeout` | what events call it |
//! | [`end`](TimeoutLayer::end) | [`Plain`](crate::call::Plain) | what the limit covers of a response |
//! | [`cover_readiness`](TimeoutLayer::cover_readiness) | off | the limit covers the wait for readiness too |
//!
//! Time runs from the end of the first poll of the response future. It runs earlier if something below asks for the deadline
//! before that. So a call that is ready at once reads no clock and sets no timer. A zero limit polls once.
//!
//! # Events
//!
//! Target `palisade::timeout`, level `debug`: timed out, with `name`, `limit` and `elapsed`.
//!
//! # The sharp edge
//!
//! A timeout inside another one that ends sooner lets the outer one end the call, and sets no timer of its own until it is polled again. So
//! do not drive a call that outlives a timeout from inside that timeout, for example in a `FuturesUnordered` that is kept
//! elsewhere. Spawn such a call.
//!
//! The limit does not cover a wait in `poll_ready`, for example for a connection of a full pool, unless you call
//! [`cover_readiness`](TimeoutLayer::cover_readiness). No timeout ends a call that blocks its thread.

mod countdown;
mod layer;
mod limit;

pub use self::countdown::Countdown;
pub use self::layer::{ResponseFuture, Timeout, TimeoutLayer};
pub use self::limit::{ByRequest, Limit};
