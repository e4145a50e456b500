//! Makes one service of several that do the same.
//!
//! A service that runs once is gone when its one machine is. With replicas, each call goes to one that is well, and a replica that
//! keeps failing gets no calls for a while. A call goes on to another replica as long as nothing was sent: where a layer of the
//! replica rejected it, where the replica was not ready, or where its client could not connect. What was sent is sent again only by a
//! [retry](crate::retry) around.
//!
//! # Example
//!
//! ```
//! use palisade::{Policy, Replicas};
//! use tower::{ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[derive(Clone)] struct Client(&'static str);
//! # fn connect(name: &'static str) -> impl tower::Service<u32, Response = String, Error = palisade::Error, Future: Send> + Clone {
//! #     service_fn(move |order| async move { Ok(format!("order {order}: paid by {name}")) })
//! # }
//! let orders = Replicas::builder("orders")
//!     .add("primary", connect("primary"))
//!     .add("standby", connect("standby"))
//!     .policy(Policy::FailOver)
//!     .build()?;
//! let handle = orders.handle();
//!
//! assert_eq!(orders.clone().oneshot(7).await?, "order 7: paid by primary");
//! handle.drain("primary");
//! handle.drained("primary").await;
//! assert_eq!(orders.oneshot(8).await?, "order 8: paid by standby");
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`add`](ReplicasBuilder::add), [`replica`](ReplicasBuilder::replica), [`lazy`](ReplicasBuilder::lazy) | none | the replicas |
//! | [`policy`](ReplicasBuilder::policy), [`by_key`](ReplicasBuilder::by_key), [`shards`](ReplicasBuilder::shards) | least loaded | who takes a call |
//! | [`classify`](ReplicasBuilder::classify) | errors are failures | what a result means |
//! | [`copy_request`](ReplicasBuilder::copy_request) | `Clone` | how a request is kept that may go on |
//! | [`max_tries`](ReplicasBuilder::max_tries) | all | how many replicas a call asks |
//! | [`ready_within`](ReplicasBuilder::ready_within) | 0 | how long a replica may take to become ready |
//! | [`consecutive`](ReplicasBuilder::consecutive) | 5 | failures in a row that eject |
//! | [`min_gap`](ReplicasBuilder::min_gap) | 0.05 | how far below the mean a success rate is that ejects |
//! | [`base`](ReplicasBuilder::base), [`max_ejected`](ReplicasBuilder::max_ejected) | 30 s, half | for how long, and how many at once |
//! | [`panic_below`](ReplicasBuilder::panic_below) | half | the share of healthy ones below which health is ignored |
//! | [`slow_start`](ReplicasBuilder::slow_start) | off | the time over which the share of a replica grows |
//! | [`healthy_for`](ReplicasBuilder::healthy_for) | 30 s | how long an earlier one must be healthy to fail back |
//! | [`needed`](ReplicasBuilder::needed), [`spares`](ReplicasBuilder::spares) | none | how many should be healthy |
//! | [`judge_each`](ReplicasBuilder::judge_each), [`heartbeats`](ReplicasBuilder::heartbeats) | none | who else says whether a replica is healthy |
//! | [`on_takeover`](ReplicasBuilder::on_takeover), [`backoff`](ReplicasBuilder::backoff) | nothing, 1 s to 1 min | what is awaited before calls go to a replica, and the pause after it failed |
//! | [`seed`](ReplicasBuilder::seed) | none | makes a run repeat |
//!
//! There are at most 1,000 replicas. They can be [added](Replicas::add), [removed](ReplicasHandle::remove) and
//! [weighed](ReplicasHandle::set_weight) while the service runs, or be [found](ReplicasBuilder::discover).
//!
//! # When a replica is ejected
//!
//! ```text
//!   in service --- failures ---> ejected --- its time is over ---> on trial --- success ---> in service
//!                                   ^                                 |
//!                                   +------------ failure ------------+
//! ```
//!
//! A replica is ejected for failures in a row. Where there are at least five, it is also ejected for a success rate that is more than
//! 1.9 standard deviations, and at least `min_gap`, below the mean of those that had 100 calls in 30 seconds (Envoy's outlier
//! detection). A replica on trial takes one call at a time. A rejection, a throttled call and a call that its caller drops say nothing.
//! A [judge](Replica::judge) has a say of its own: a circuit, an active check or the beats of a node.
//!
//! # Events
//!
//! Target `palisade::replicas`; the [table](crate::event) has levels and fields: replica ejected, ejection refused, on trial,
//! readmitted, failed over, panic, spares, drained, no news of replicas; and at level `debug` rejected, with the reason `no_replica`.
//!
//! # Trying a new version on a few calls
//!
//! A new version gets a small share of the calls (a canary), and more by and by. Where it fails, it is ejected as any other replica.
//!
//! ```
//! use palisade::{Error, Policy, Replica, Replicas};
//! use tower::{ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let connect = |version: &'static str| service_fn(move |_order: u32| async move { Ok::<_, Error>(version) });
//! let orders = Replicas::builder("orders")
//!     .policy(Policy::RoundRobin)
//!     .replica(Replica::new("old", connect("1.8")).weight(99))
//!     .replica(Replica::new("new", connect("1.9")).weight(1))
//!     .build()?;
//!
//! let mut new = 0;
//! for order in 0..100 {
//!     new += u32::from(orders.clone().oneshot(order).await? == "1.9");
//! }
//! assert_eq!(new, 1);
//! orders.handle().set_weight("new", 99)?; // half of the calls
//! orders.handle().set_weight("new", 0)?; // none, should it be worse
//! assert_eq!(orders.oneshot(100).await?, "1.8");
//! # Ok(())
//! # }
//! ```
//!
//! # Replicas of replicas
//!
//! Replicas are a service, so they can be replicas themselves: the zones of a region, each with its own. Calls leave the near zone if
//! too few there are healthy. A call that the near zone rejects goes on to the next, and so does the next attempt of a
//! [retry](crate::retry) around all zones: put the retry around the replicas of each zone, where attempts are to stay in it.
//!
//! ```
//! use palisade::{Error, Replica, Replicas};
//! use tower::service_fn;
//!
//! # fn main() -> Result<(), palisade::ConfigError> {
//! # let connect = |_: &str| service_fn(|order: u32| async move { Ok::<_, Error>(order) });
//! let near = Replicas::builder("near").add("a", connect("a.near")).add("b", connect("b.near")).needed(1).build()?;
//! let far = Replicas::builder("far").add("a", connect("a.far")).add("b", connect("b.far")).needed(1).build()?;
//! let (near_handle, far_handle) = (near.handle(), far.handle());
//! let orders = Replicas::builder("orders")
//!     .replica(Replica::new("near", near).judge(near_handle))
//!     .replica(Replica::new("far", far).tier(1).judge(far_handle))
//!     .build()?;
//! # drop(orders);
//! # Ok(())
//! # }
//! ```
//!
//! # The sharp edge
//!
//! Where a request may have been sent, its error is the result, even if another replica is well: put a retry around where requests may
//! arrive twice. Where a standby must be the only one that acts, set [`max_tries(1)`](ReplicasBuilder::max_tries), and remember that
//! the calls of the one before may still run when it takes over. To share the service between threads, its replicas must be `Sync`.

mod builder;
mod call;
mod callers;
mod discover;
mod first;
mod future;
mod gate;
mod guard;
mod handle;
mod listed;
mod news;
mod passing;
mod replica;
mod seat;
mod service;
mod set;
mod settings;
mod shared;
mod tries;
mod used;

pub use self::builder::ReplicasBuilder;
pub use self::future::ResponseFuture;
pub use self::guard::ReplicaGuard;
pub use self::handle::{ReplicaSnapshot, ReplicasHandle, ReplicasSnapshot};
pub use self::passing::{ByKey, KeyOf, Passing, Unkeyed};
pub use self::replica::Replica;
pub use self::service::Replicas;
pub use self::used::ReplicaUsed;
pub use crate::state::replicas::{Phase, Policy};
