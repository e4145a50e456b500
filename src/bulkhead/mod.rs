//! Limits how many calls are in flight at once.
//!
//! Calls to a slow service pile up. Each holds memory, a task and a connection, until nothing is left for other calls. A bulkhead
//! gives one service a number of places. When all are taken, further calls are rejected at once or, if you configure it, wait in a
//! short queue: of calls that matter equally, first come, first served. A call that gets its place when its wait is over, by `max_wait` or by its deadline, is
//! rejected, and the next in the queue gets the place.
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
//! | [`adaptive`](BulkheadBuilder::adaptive) | off | finds the limit |
//! | [`share`](BulkheadBuilder::share) | no shares | the part of the places that a class of calls may fill |
//! | [`name`](BulkheadBuilder::name) | `bulkhead` | what errors and events call it |
//!
//! Services made by one layer, and their clones, share its places; so do its handles, which can resize it at any time.
//!
//! # Adaptive limits
//!
//! The right limit is seldom known, and changes with the service. [`Adaptive`] finds it by what calls show:
//!
//! ```
//! use palisade::{Adaptive, BulkheadLayer};
//!
//! # fn main() -> Result<(), palisade::ConfigError> {
//! let layer = BulkheadLayer::builder(20).adaptive(Adaptive::gradient().min(5).max(500)).build()?;
//! assert_eq!(layer.handle().limit(), 20);
//! # Ok(())
//! # }
//! ```
//!
//! | setting | default | |
//! |---|---|---|
//! | [`gradient`](Adaptive::gradient) | the one to begin with | calls take longer than usual: fewer of them |
//! | [`vegas`](Adaptive::vegas) | | few calls wait in the service |
//! | [`aimd`](Adaptive::aimd) | | no drops: one more; drops: a tenth less |
//! | [`by`](Adaptive::by) | | an [algorithm](LimitAlgorithm) of your own |
//! | [`min`](Adaptive::min), [`max`](Adaptive::max) | 1, 1,000 | the bounds of the limit |
//! | [`round`](Adaptive::round) | 100 ms | how often it changes |
//!
//! A call that is a [`Success`](crate::Outcome::Success) is a sample: its time from admission to the head of its response. A
//! `Transient` or `Throttled` one is a drop, and so is one that a [`TimeoutLayer`](crate::TimeoutLayer) around the bulkhead cuts
//! short, if it had at least half of that limit. All others count only as calls in flight: those that failed for good, were ignored,
//! rejected below or dropped by their callers, and the places of handles. After the head, a body only holds its place. A classifier
//! ([`classify`](BulkheadBuilder::classify)) says what a result means.
//!
//! After each [`Round`] the algorithm says the next limit. A round ends with the first call that ends when its time has passed and
//! it has 10 samples; or with a drop, but only if the last decrease is at least the mean time of a call ago. The limit never
//! leaves its bounds, at most doubles or halves, and grows only if half of it was used. Where less is used, `gradient` and `vegas` leave
//! it. Where it is always reached, or the share of a class is, they halve it for four rounds of each 300, or for a few more
//! where calls take longer than a round. So they see how long calls take without a queue: without a queue of its own, the bulkhead then rejects up to half of the calls.
//!
//! A test plays a server of ten workers, each busy for 10 ms a call, at twice the load that it can take: within a few minutes
//! `gradient` settles at about 20 and `vegas` at 17. When calls take four times as long, the limit halves within 20 rounds. `aimd`
//! needs timeouts to see that.
//!
//! A drop counts whatever its reason. A service that is well but fails one call in a hundred, at random, keeps a low limit: each drop
//! takes a tenth, and growth is slower than that. Let [`classify`](BulkheadBuilder::classify) call such failures
//! [`Failed`](crate::Outcome::Failed), or set `min` to what the service can surely take.
//!
//! With `per_key`, each key finds a limit of its own, and loses it when it is removed.
//!
//! # Events
//!
//! Target `palisade::bulkhead`: rejected (`debug`), with `name` and `reason`; resized, with `name`, `limit` and `reason`: `by_hand`
//! (`info`), or `adapted` (`debug`, at most once a round). Both have `key` where keys are shown.
//!
//! # Criticality
//!
//! Calls may [matter more or less](crate::criticality). In the queue the higher class goes first, and in one class who came first. A
//! call that finds the queue full pushes out the newest call of the lowest class, if that class is lower than its own; that call is
//! rejected with [`QueueFull`](crate::RejectionReason::QueueFull) at once. While calls of higher classes keep coming, a lower class
//! waits: set `max_wait`, or put a timeout around.
//!
//! With [`share`](BulkheadBuilder::share), a class gets a place only while less than its share of all places is taken, no matter by which classes:
//!
//! | class | share, once one is set |
//! |---|---|
//! | [`CriticalPlus`](crate::Criticality::CriticalPlus), [`Critical`](crate::Criticality::Critical) | 1 |
//! | [`SheddablePlus`](crate::Criticality::SheddablePlus) | 0.8 |
//! | [`Sheddable`](crate::Criticality::Sheddable) | 0.5 |
//!
//! A call whose share is full is rejected with [`Full`](crate::RejectionReason::Full), or waits in the queue while others pass it.
//! The class is that of the code around the service's `call`. Without shares it is asked only where calls wait.
//!
//! # Late calls
//!
//! A call holds its place until its [`Deadline`](crate::Deadline) at the longest, even if nobody polls or drops it: from then
//! on it does not count, and its end frees nothing. Nobody watches for that. Whoever finds the bulkhead full hands the places
//! of late calls to the first in the queue, and takes one if nobody waits. In the same way a waiter that was handed a place,
//! and is not polled before the end of its wait, loses the place and is rejected. A call without a deadline is never late.
//!
//! A call learns its deadline when it first pends, or when its body begins to hold the place. A future that is never polled, and a
//! [`BulkheadGuard`] of a handle, have none.
//!
//! # Blocking work
//!
//! A call that is dropped gives its place back, but it does not stop a closure that `spawn_blocking` runs for it. Let the closure
//! hold a place of its own, from [`BulkheadHandle::enter`] or [`try_enter`](BulkheadHandle::try_enter). Then no more closures
//! run than there are places, even if their callers have gone:
//!
//! ```
//! use std::time::Duration;
//! use palisade::{BulkheadHandle, BulkheadLayer};
//! use tokio::task::{JoinHandle, spawn_blocking};
//!
//! async fn digest(hashers: &BulkheadHandle, data: Vec<u8>) -> Result<JoinHandle<u64>, palisade::Rejection> {
//!     let place = hashers.enter().await?;
//!     Ok(spawn_blocking(move || {
//!         let _place = place;
//!         data.iter().map(|&byte| u64::from(byte)).sum()
//!     }))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hashers = BulkheadLayer::builder(2).max_wait(Duration::from_secs(1)).build()?.handle();
//! assert_eq!(digest(&hashers, vec![1, 2, 3]).await?.await?, 6);
//! # Ok(())
//! # }
//! ```
//!
//! # The sharp edge
//!
//! A place is held until the response future is done, dropped or late, not until the response body has been read; for HTTP and
//! gRPC the constructors `http` and `grpc` hold it to the end of the body. A call that waits in a queue may be too late when
//! its turn comes: keep the queue short, and put a timeout around it. Put a bulkhead with a queue outside the retry and the
//! circuit breaker: inside, the circuit would take our own wait for the service's slowness.

mod adapted;
mod adaptive;
mod builder;
mod guard;
mod handle;
mod places;
mod queue;
#[cfg(feature = "serde")]
mod saved;
mod turn;

pub use self::adapted::{Adapted, AdaptiveGuard, AdaptiveTurn};
pub use self::adaptive::Adaptive;
pub use self::builder::{
    AdaptiveBuilder, AdaptiveLayer, AdaptiveQueueBuilder, AdaptiveQueueLayer, Bulkhead, BulkheadBuilder, BulkheadLayer,
    BulkheadSettings, QueueBuilder, QueueLayer, QueueSettings, QueueingBulkhead,
};
pub use self::guard::BulkheadGuard;
pub use self::handle::BulkheadHandle;
pub use self::places::Places;
pub use self::queue::Queue;
pub use self::turn::Turn;
pub use crate::state::adaptive::{LimitAlgorithm, Round};
