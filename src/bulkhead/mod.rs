//! Limits how many calls are in flight at once.
//!
//! A slow service gathers calls: each holds memory, a task, a connection, until there is nothing left for calls to anything
//! else. A bulkhead gives one service a number of places. When they are taken, calls are rejected at once or, if you say so,
//! wait in a short queue, first come, first served.
//!
//! # Example
//!
//! ```
//! use palisade::{BulkheadLayer, Error, RejectionReason};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let mut service = ServiceBuilder::new()
//!     .layer(BulkheadLayer::new(1))
//!     .service(service_fn(|()| std::future::ready(Ok::<_, Error>(()))));
//!
//! let first = service.ready().await?.call(());
//! match service.ready().await?.call(()).await {
//!     Err(Error::Rejected(rejection)) => assert_eq!(rejection.reason(), RejectionReason::Full),
//!     other => panic!("{other:?}"),
//! }
//! first.await?;
//! service.ready().await?.call(()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`new`](BulkheadLayer::new), [`builder`](BulkheadLayer::builder) | - | the most calls in flight; 0 rejects all |
//! | [`max_wait`](BulkheadBuilder::max_wait) | what the deadline leaves | the longest wait in the queue; turns queueing on |
//! | [`max_queue`](BulkheadBuilder::max_queue) | as many as may be in flight | the longest queue; turns queueing on |
//! | [`name`](BulkheadBuilder::name) | `bulkhead` | what errors and events call it |
//!
//! Services made by one layer, and their clones, share its places; so do its handles, which can resize it at any time.
//!
//! # Events
//!
//! Target `palisade::bulkhead`: rejected (`debug`), with `name` and `reason`; resized (`info`), with `name` and `limit`.
//!
//! # The sharp edge
//!
//! A place is held until the response future is done or dropped, not until the response body has been read. And a queue makes
//! calls wait that may be too late when their turn comes: keep it short, and put a timeout around it.

mod builder;
mod handle;
mod places;
mod queue;

pub use self::{
    builder::{
        Bulkhead, BulkheadBuilder, BulkheadLayer, BulkheadSettings, QueueBuilder, QueueLayer, QueueSettings,
        QueueingBulkhead,
    },
    handle::BulkheadHandle,
    places::{BulkheadGuard, Places},
    queue::{Queue, Turn},
};
