//! Rejects calls to a service that keeps failing.
//!
//! A service in trouble does not recover by being asked more often, and a caller that waits for it gets into trouble too. A
//! circuit breaker counts how calls end. When too many fail, or take too long, it opens: calls are rejected at once, without
//! reaching the service. After a while it lets a few *probes* through, and their results close it or open it again.
//!
//! ```text
//!              a rule trips
//!     Closed ----------------> Open <-----------+
//!       ^                       |               |
//!       |                       | time is over  | the probes fail, or
//!       |  the probes pass      v               | their callers leave
//!       +------------------ HalfOpen -----------+
//!
//!     by hand, from and to any phase: ForcedOpen, ForcedClosed, MetricsOnly
//! ```
//!
//! # Example
//!
//! ```
//! use palisade::{CircuitBreakerLayer, Error, Phase};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = CircuitBreakerLayer::builder("payments").failure_rate(0.5).min_calls(2).build()?;
//! let circuit = breaker.handle();
//!
//! let mut service = ServiceBuilder::new()
//!     .layer(breaker)
//!     .service(service_fn(|()| async { Err::<(), _>(std::io::Error::other("down")) }));
//!
//! for _ in 0..2 {
//!     assert!(matches!(service.ready().await?.call(()).await, Err(Error::Service(_))));
//! }
//! assert_eq!(circuit.phase(), Phase::Open);
//! assert!(matches!(service.ready().await?.call(()).await, Err(Error::Rejected(_))));
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`failure_rate`](CircuitBreakerBuilder::failure_rate) | 0.5 | opens at this share of failures |
//! | [`throttled_rate`](CircuitBreakerBuilder::throttled_rate) | 0.9 | opens at this share of throttled calls |
//! | [`slow_rate`](CircuitBreakerBuilder::slow_rate) | off | opens at this share of slow calls |
//! | [`consecutive`](CircuitBreakerBuilder::consecutive) | 20 | opens at this many failures in a row, at any rate of calls |
//! | [`min_calls`](CircuitBreakerBuilder::min_calls) | 20 | results before a rate counts |
//! | [`time_window`](CircuitBreakerBuilder::time_window) | 10 s in 10 buckets | what the rates are taken over |
//! | [`open_for`](CircuitBreakerBuilder::open_for) | 1 s growing by 1.3 to 15 s, equal jitter | how long it stays open |
//! | [`max_retry_after`](CircuitBreakerBuilder::max_retry_after) | 30 s | the longest that it stays open because the service asks |
//! | [`probes`](CircuitBreakerBuilder::probes) | 5 | calls let through while half-open |
//! | [`half_open_for`](CircuitBreakerBuilder::half_open_for) | 10 s | how long the probes may be without an answer |
//!
//! **What counts in the rates.** A call has one failing vote: of the attempts that a [retry](crate::retry) around makes, only
//! the first counts in the rates if it fails or is throttled. Every attempt counts in a row, and every success counts. So a
//! tenant whose calls always fail does not weigh three times. A throttled response is no failure: below `throttled_rate`, a
//! service that limits its clients is used to its limit.
//!
//! **Calls without a result.** A call that its caller drops, or that ends at its caller's deadline, is abandoned: it counts as
//! neither success nor failure. A call that a timeout of this crate cuts short is a failure under two conditions: the service
//! was being waited for, and it had at least half of that timeout's limit. Otherwise the call is abandoned, because a handler
//! whose time is over drops calls that are not to blame. A limit on the pause between two frames is such a limit. With a
//! `slow_rate` there is a third condition: the call took longer than `slow_after`. A call that took longer is slow, also when
//! it is abandoned.
//!
//! **Half-open.** Probes in flight that hold a place and results together are at most `probes`. The circuit opens as soon as a
//! rule's share of `probes` is reached, and closes as soon as no share can be reached any more. Without a `failure_rate`, the
//! first failed probe opens it under the rule of failures in a row; with one, that rule does not hold for probes.
//!
//! When the probes had no answer for [`half_open_for`](CircuitBreakerBuilder::half_open_for), the next call decides. If at least
//! `probes` callers left without an answer, the circuit opens. Otherwise the probes in flight give up their places, and their
//! results still count when they come. When they did so twice without an answer in between, each call tosses a coin before it
//! takes a free place, because those who come first may be slow senders, always. So slow answers and slow senders hold up no
//! recovery.
//!
//! **Steps.** The open time takes the next step when the probes failed, and when the circuit opens sooner after closing than it
//! was last open; otherwise the first. How the defaults were chosen is told [on the first
//! page](crate#how-the-defaults-were-chosen).
//!
//! Services made by one layer, and their clones, share one circuit; so do its handles. Nothing runs in the background: the
//! clock is read when a call comes.
//!
//! The handle's [`figures`](CircuitHandle::figures) say how reliable the service was: failures, MTBF, MTTR, downtime and availability.
//!
//! # Events
//!
//! Target `palisade::circuit_breaker`.
//!
//! | event | level | fields |
//! |---|---|---|
//! | opened, also by hand | `warn` | `name`, `from`, `to`, `reason`, `calls`, `failures`, `throttled`, `slow`, `consecutive`, `open_for` |
//! | would have opened, in `MetricsOnly` | `warn` | the same |
//! | every other change of phase | `info` | the same |
//! | rejected | `debug` | `name`, `reason`, `retry_after` |
//!
//! The events of a key's circuit also have the field `key`, where [keys are shown](crate::keyed#events).
//!
//! # Balancers
//!
//! An open circuit is ready, and rejects calls at once. A balancer that goes by readiness and load, such as tower's, would send it
//! most of the calls. Put a [`ReadinessLayer`] around the circuit breaker of each endpoint: while the circuit would reject a call,
//! the endpoint is not ready, and the balancer asks the others. When all are open, the balancer waits: put a timeout around it.
//!
//! # The sharp edge
//!
//! A protocol's failure is often an `Ok` response. Say so with [`classify`](CircuitBreakerBuilder::classify), or the breaker
//! sees no failure. And put a timeout around or below it: a call that never ends is never
//! counted.
//!
//! With HTTP and gRPC a response may stream for hours. A call whose response streams is a success at half of
//! [`half_open_for`](CircuitBreakerBuilder::half_open_for) after it was first polled. Nothing runs in the background. A probe is
//! counted by the next call, by the next result of a probe, by a poll of its body that pends, or by a look by a handle. From
//! then on its end no longer counts, even if its body breaks. In a closed circuit such a call is counted by the next failure,
//! by a poll of its body that pends, by its end, or by a look by a handle. If its body breaks later, it counts as a failure
//! too. Until then the calls that stream weigh in the rates against what fails, as calls that did not fail, but they complete
//! no `min_calls`.

mod admit;
mod breaker;
mod builder;
mod guard;
mod handle;
mod readiness;
#[cfg(feature = "serde")]
mod saved;
mod settings;
mod waiting;

pub use self::admit::Circuit;
pub use self::builder::{CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitSettings};
pub use self::guard::CircuitGuard;
pub use self::handle::{CircuitHandle, CircuitSnapshot};
pub use self::readiness::{Readiness, ReadinessLayer};
pub use crate::state::circuit::Phase;
pub use crate::state::counts::Counts;
