//! Finds out how well things are: what a service needs, the service itself, and the nodes beside it.
//!
//! - A [`HealthCheck`] asks a thing again and again, and keeps a verdict.
//! - A [`Health`] puts the checks of a service together, and says whether it is ready. With the feature `http` it is
//!   served to balancers and orchestrators, see the module `http::health`.
//! - [`Heartbeats`] takes the beats of nodes, and suspects those that fall silent.
//!
//! # Example
//!
//! ```
//! use std::io;
//! use palisade::{Health, HealthCheck};
//!
//! # async fn ping() -> io::Result<()> { Ok(()) }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let disk = HealthCheck::new("disk", async || tokio::fs::metadata("/").await.map(drop))?;
//! let database = HealthCheck::new("database", ping)?;
//! let memory = HealthCheck::signal("memory", || 0.5).degraded_at(0.9).build()?;
//! for check in [&disk, &database, &memory] {
//!     tokio::spawn(check.run());
//! }
//!
//! let health = Health::builder().critical(&disk).degrading(&database).informing(&memory).build()?;
//! // When the service is to end:
//! health.drain();
//! assert!(!health.is_ready());
//! # Ok(())
//! # }
//! ```
//!
//! # Checks
//!
//! | setting | default | |
//! |---|---|---|
//! | [`interval`](HealthCheckBuilder::interval) | 10 s | from the begin of a check to that of the next |
//! | [`jitter`](HealthCheckBuilder::jitter) | 0.1 | the share by which an interval may be longer |
//! | [`timeout`](HealthCheckBuilder::timeout) | 5 s | the time of a check |
//! | [`healthy_threshold`](HealthCheckBuilder::healthy_threshold) | 2 | results in a row that make the verdict better |
//! | [`unhealthy_threshold`](HealthCheckBuilder::unhealthy_threshold) | 3 | results in a row that make it worse |
//! | [`degraded_at`](HealthCheckBuilder::degraded_at), [`unhealthy_at`](HealthCheckBuilder::unhealthy_at) | no line | where the number of a [signal](HealthCheck::signal) becomes bad |
//! | `status`, with HTTP | 200 to 299 | the status that is healthy |
//!
//! `HealthCheck::http`, with the feature `http`, sends a request, and `HealthCheck::tcp`, with the feature `net`, connects. The first result decides
//! alone. From then on the verdict gets worse when enough results in a row were at least so bad, and better when enough in a row
//! were at least so good. So what changes faster than its thresholds changes nothing. A check that hangs, comes late or panics
//! failed. Checks of one handle never overlap.
//!
//! A verdict that is not renewed in `unhealthy_threshold` times the longest interval and the timeout is unhealthy, with the reason
//! `stale`: nobody runs the check. [`HealthCheck::changes`] waits for changes, so that a task of yours can act on them.
//!
//! # Readiness
//!
//! Only a critical check takes readiness away. Where all instances share a thing, its check should be degrading. Otherwise a database
//! that is slow for a moment makes all instances unready at once, and the balancer has nobody left to ask. An instance that is ready
//! and degraded can still answer what needs no database, and reject the rest by its [circuit breaker](crate::circuit_breaker).
//! A request gets the verdicts that are there and runs no check, so a flood of probes costs the thing nothing.
//!
//! # Heartbeats
//!
//! | setting | default | |
//! |---|---|---|
//! | [`threshold`](HeartbeatsBuilder::threshold) | 8 | the phi from which a node is suspected |
//! | [`acceptable_pause`](HeartbeatsBuilder::acceptable_pause) | 3 s | silence that is accepted on top of the mean interval |
//! | [`first_estimate`](HeartbeatsBuilder::first_estimate) | 1 s | the interval at which nodes beat, before it is known |
//! | [`min_std_deviation`](HeartbeatsBuilder::min_std_deviation) | 100 ms | the least deviation of intervals |
//! | [`samples`](HeartbeatsBuilder::samples) | 1,000 | intervals that are remembered of each node |
//! | [`capacity`](HeartbeatsBuilder::capacity) | 1,000 | the most nodes |
//! | [`forget_after`](HeartbeatsBuilder::forget_after) | 1 h | the silence after which a node is forgotten |
//! | [`name`](HeartbeatsBuilder::name) | `heartbeats` | what events and the registry call them |
//!
//! Phi says how unlikely a silence is for a node that is well, as it beat until now: 1 is once in 10 times, 8 once in 10^8 (Hayashibara
//! et al., *The phi accrual failure detector*, 2004). The normal distribution is approximated as Akka does, which is off by at most
//! 0.00014 in the distribution, and suspects earlier than the distribution itself would:
//!
//! | standard deviations after the mean | 0 | 1 | 2 | 3 | 4 | 5 | 5.226 | 5.612 | 8 |
//! |---|---|---|---|---|---|---|---|---|---|
//! | phi | 0.301 | 0.800 | 1.643 | 2.909 | 4.737 | 7.300 | 8.000 | 9.310 | 21.242 |
//! | phi by the normal distribution | 0.301 | 0.800 | 1.643 | 2.870 | 4.499 | 6.543 | 7.062 | 8.000 | 15.206 |
//!
//! The interval that ends a suspicion is not remembered, because one long pause would hide the next one; after three of them in a
//! row the next one is, so that a node which beats more slowly than was estimated is learned.
//!
//! # As judges
//!
//! A check, the health of a service and a node that is [watched](Heartbeats::watch) are each a [`Judge`](crate::Judge), and so is the
//! handle of a circuit: what chooses between things asks them on the path of calls. None takes a lock. To a judge a check without a result
//! is healthy, and so is a node that has not beaten. A node that is forgotten while it is watched stays unhealthy until it beats again.
//!
//! # Metrics
//!
//! The [registry](crate::registry) lists the health of services, checks and heartbeats, and has the metrics `palisade_health_*`.
//!
//! # Events
//!
//! | event | target | level | fields |
//! |---|---|---|---|
//! | verdict changed | `palisade::health` | `warn`; `info` to healthy | `name`, `from`, `to`, `why` |
//! | draining, or no longer draining | `palisade::health` | `info` | `name` |
//! | node suspected | `palisade::heartbeats` | `warn` | `name`, `node`, `phi`, `silent`, `suspected` |
//! | node returned | `palisade::heartbeats` | `info` | `name`, `node`, `silent` |
//! | no room for another node | `palisade::heartbeats` | `warn` once a minute, else `debug` | `name`, `capacity`, `outcome` |
//!
//! The timeout of a check tells what a [timeout](crate::timeout) does. A suspicion is told when somebody next asks, or when the
//! node beats again, with the time for which it has lasted.
//!
//! # The sharp edge
//!
//! A check that blocks its thread cannot be ended. Its verdict becomes stale, if other threads are left to ask. A
//! suspicion is not a death: a node that is suspected may be well behind a network that is not, and may still work.

mod builder;
mod check;
mod heartbeats;
mod probe;
mod readiness;
mod run;
mod shared;
#[cfg(feature = "net")]
mod tcp;

pub use self::builder::HealthCheckBuilder;
pub use self::check::{Changes, CheckSnapshot, HealthCheck};
pub use self::heartbeats::{Heartbeats, HeartbeatsBuilder, NodeSnapshot, NodeWatch};
pub use self::probe::{Check, Signal};
#[cfg(feature = "http")]
pub(crate) use self::readiness::found;
pub use self::readiness::{CheckKind, Health, HealthBuilder};
#[cfg(feature = "net")]
pub use self::tcp::Tcp;
pub use crate::state::verdict::{Degraded, Verdict};
