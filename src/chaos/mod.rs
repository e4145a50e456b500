//! Lets calls meet faults on purpose, a few of them and for a while.
//!
//! Nobody knows whether a fallback, a timeout or a spare replica does its work before something fails. Do not wait for that: let a
//! share of the calls fail, hang or take long, at a time that you choose, and see whether your users notice. It exists with the feature
//! `chaos` alone, so a build without that has nothing of it.
//!
//! # Example
//!
//! ```
//! use std::{io, time::Duration};
//! use palisade::{ChaosLayer, Error};
//! use tower::{Service, ServiceBuilder, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = ChaosLayer::builder("payments")
//!     .delay(0.5, Duration::from_millis(20)..Duration::from_millis(80))
//!     .fail(0.2, |order: &u32| io::Error::other(format!("order {order} was lost")))
//!     .seed(7)
//!     .build()?;
//! let chaos = layer.handle();
//! let mut service = ServiceBuilder::new().layer(layer).service(service_fn(|order: u32| async move { Ok::<_, Error>(order) }));
//!
//! assert_eq!(service.call(1).await?, 1, "the faults are off");
//! chaos.start();
//! for order in 0..1_000 {
//!     service.call(order).await.ok();
//! }
//! let faulted = chaos.snapshot().faulted;
//! assert!(faulted > 90 && faulted <= 100, "a tenth of the calls at most, whatever the rates are");
//! chaos.halt();
//! # Ok(())
//! # }
//! ```
//!
//! # How a call meets faults
//!
//! Each fault draws for itself, in the order in which the faults were added. Delays add, and the first fault that ends the call is the
//! last. The n-th call after the start draws from the seed and n, so calls in one order meet the same faults in every run; calls of
//! two threads have no such order. A call that is delayed is sent by a clone of the inner service, which is readied when the delay is over, and only
//! before the call's [`Deadline`](crate::Deadline). While a call waits or hangs, it holds nothing of the inner service.
//!
//! # When the faults stop
//!
//! They stop at once when the [handle](ChaosHandle::halt) says so, when their time [expires](ChaosBuilder::expires), and when a
//! [condition](ChaosBuilder::halt_when) says so. Then calls that were delayed go on at once, and calls that hang fail with a [`Hung`].
//! What has stopped stays so until somebody starts it. Through the [registry](crate::Registry::steer) and its page, the actions are
//! `start` and `halt`.
//!
//! # What else can fail
//!
//! The [replicas](ChaosLayer::replica) of a set, but never all of them; a [store](FailingStore); and the
//! [process](experiment::hold_memory) itself. An [experiment] starts and stops faults, watches whether what should hold holds, and
//! reports it. With the feature `http`, responses can be cut off or slowed down.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`fail`](ChaosBuilder::fail), [`respond`](ChaosBuilder::respond), [`delay`](ChaosBuilder::delay), [`hang`](ChaosBuilder::hang), [`fault`](ChaosBuilder::fault) | none | what goes wrong, for which share of the calls |
//! | [`only`](ChaosBuilder::only), [`by_key`](ChaosBuilder::by_key) | all calls | whom it reaches |
//! | [`max_share`](ChaosBuilder::max_share) | 0.1 | faults no more of the last 1,000 calls |
//! | [`expires`](ChaosBuilder::expires) | 10 minutes | ends the faults by themselves |
//! | [`halt_when`](ChaosBuilder::halt_when) | none | ends them when something shows that it is enough |
//! | [`seed`](ChaosBuilder::seed) | by chance | the same draws in each run |
//!
//! A rate is a number, or a [ramp](FaultRate::ramp). The inner service must be `Clone`.
//!
//! # Events
//!
//! Target `palisade::chaos`: started (`warn`, with `time`, and `failure_rate` if they are enough to open a circuit), stopped (`warn` by a
//! condition and else `info`, with `reason`), held back (`info`, with `max_share`, once after each start), and each fault (`debug`, with
//! `fault`).
//!
//! Chaos that is left on in a release build is told as in any other: at start with a `warn`.
//!
//! # What it costs
//!
//! While the faults are off, a call reads one number. While they are on, calls take a lock, one after another, and a call that waits
//! allocates.
//!
//! # The sharp edge
//!
//! `max_share` bounds how many calls are faulted, and not how many in a row: of 1,000 calls, 100 in a row may fail. A circuit breaker
//! around this opens when its [`failure_rate`](crate::CircuitBreakerBuilder::failure_rate) is at or below the share, or when so many fail
//! [in a row](crate::CircuitBreakerBuilder::consecutive), and then it rejects the calls of everybody. That may be what you want to see.
//! If the share is enough for a circuit breaker of the same name, as the registry lists it at the start, the start says so.

mod builder;
pub mod experiment;
mod fault;
mod future;
mod handle;
mod hung;
mod layer;
mod shared;
mod snapshot;
mod spoil;
mod store;
mod wait;

pub use self::builder::ChaosBuilder;
pub use self::experiment::{Experiment, Measurement, Outcome, Report};
pub use self::fault::Fault;
pub use self::future::ResponseFuture;
pub use self::handle::ChaosHandle;
pub use self::hung::Hung;
pub use self::layer::{Chaos, ChaosLayer};
pub use self::snapshot::ChaosSnapshot;
pub use self::spoil::Spoil;
#[cfg(feature = "http")]
pub(crate) use self::spoil::Spoiling;
pub use self::store::{FailingStore, Operation};
#[cfg(feature = "http")]
pub(crate) use self::wait::Wait;
pub use crate::state::chaos::{Delay, FaultRate};
