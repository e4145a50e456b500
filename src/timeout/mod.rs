//! Ends a call that takes too long.
//!
//! A call that never ends holds a connection and a task, and its caller waits. A timeout drops the call when its time is over, and
//! returns [`Error::TimedOut`](crate::Error::TimedOut). The inner service may have acted on the call or not.
//!
//! A timeout also tells everything below it how much time is left, see [`Deadline`](crate::Deadline). A retry below starts no
//! attempt that would begin too late. A bulkhead below queues for no longer. A call that has waited, for a place
//! or for readiness, is not sent once its deadline has come.
//!
//! Every timeout has a timer of its own and ends its call alone, wherever that is polled: inside other timeouts, on a thread that
//! is blocked on it, or shared by several callers. Of timeouts inside each other the one whose time is over first ends the call.
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
//! | `cover_body` (feature `http`) | off | the limit covers the body of the response too |
//! | `between_frames` (feature `http`) | off | a limit on the pauses of a response that streams |
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
//! The limits of a call are those it began with: its own, and the deadlines that were around when it was first polled. Several
//! callers who share a call, each under a limit of its own, end their own waits and not the call. But a deadline of the caller who
//! began the call ends it for all of them.
//!
//! The limit does not cover a wait in `poll_ready`, for example for a connection of a full pool, unless you call
//! [`cover_readiness`](TimeoutLayer::cover_readiness). No timeout ends a call that blocks its thread.

mod countdown;
mod layer;
mod limit;
mod pause;

pub use self::countdown::Countdown;
pub use self::layer::{ResponseFuture, Timeout, TimeoutLayer};
pub use self::limit::{ByRequest, Limit};
pub use self::pause::Pause;
