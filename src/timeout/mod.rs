//! Ends a call that takes too long.
//!
//! A call that never ends holds a connection, a task and the patience of whoever waits. A timeout drops it when its time is
//! over, and answers [`Error::TimedOut`](crate::Error::TimedOut): the service may have acted on the call or not.
//!
//! It also tells everything below it how much time is left: see [`Deadline`](crate::Deadline). A retry below does not start an
//! attempt that would begin too late, a bulkhead does not queue for longer, and a timeout within a timeout never outlives it.
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
//! | [`cover_readiness`](TimeoutLayer::cover_readiness) | off | the wait for readiness is in the limit too |
//!
//! Time runs from the end of the first poll of the response future, or from the moment when something below asks for the
//! deadline, whichever comes first. So a call that is ready at once touches neither timer nor clock. A zero limit polls once.
//!
//! # Events
//!
//! Target `palisade::timeout`, level `debug`: timed out, with `name`, `limit` and `elapsed`.
//!
//! # The sharp edge
//!
//! Within another timeout that is nearer, a timeout leaves the ending to that one, and has no timer of its own until it is polled
//! again. So do not drive calls that outlive a timeout from inside of it, as a `FuturesUnordered` kept elsewhere would: spawn
//! them.
//!
//! What waits in `poll_ready`, a full connection pool say, is not in the limit, unless you `cover_readiness`. And what blocks
//! the thread cannot be timed out by anybody.

mod countdown;
mod cover;
mod future;
mod layer;
mod limit;
mod service;

pub use self::{
    countdown::Countdown,
    cover::{Cover, Head},
    future::ResponseFuture,
    layer::TimeoutLayer,
    limit::{ByRequest, Limit},
    service::{CallOnly, CoverReadiness, ReadyFuture, Timeout},
};
