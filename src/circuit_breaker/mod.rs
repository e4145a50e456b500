//! Rejects calls to a service that keeps failing.
//!
//! A service in trouble gets no better by being asked more often, and a caller who waits for it gets into trouble too. A
//! circuit breaker counts how calls end. When too many fail, or take too long, it opens: calls are rejected at once, without
//! reaching the service. After a while it lets a few *probes* through, and what becomes of them closes or opens it again.
//!
//! ```text
//!              a rule trips
//!     Closed ----------------> Open <-----------+
//!       ^                       |               |
//!       |                       | time is over  | the probes fail, or hang
//!       |  the probes pass      v               |
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
//! | [`slow_rate`](CircuitBreakerBuilder::slow_rate) | off | opens at this share of slow calls |
//! | [`consecutive`](CircuitBreakerBuilder::consecutive) | off | opens at so many failures in a row |
//! | [`min_calls`](CircuitBreakerBuilder::min_calls) | 20 | results before a rate counts |
//! | [`time_window`](CircuitBreakerBuilder::time_window) | 30 s in 10 buckets | what the rates are taken over |
//! | [`open_for`](CircuitBreakerBuilder::open_for) | 5 s doubling to 60 s, equal jitter | how long it stays open |
//! | [`max_retry_after`](CircuitBreakerBuilder::max_retry_after) | off | how long it stays open at most because the service asks |
//! | [`probes`](CircuitBreakerBuilder::probes) | 5 | calls let through while half-open |
//! | [`half_open_for`](CircuitBreakerBuilder::half_open_for) | 30 s | when probes that hang open it again |
//!
//! Services made by one layer, and their clones, share one circuit; so do its handles. Nothing runs in the background: time
//! is looked at when a call comes.
//!
//! # Events
//!
//! Target `palisade::circuit_breaker`.
//!
//! | event | level | fields |
//! |---|---|---|
//! | opened, forced open or not | `warn` | `name`, `from`, `to`, `reason`, `calls`, `failures`, `slow`, `consecutive`, `open_for` |
//! | would have opened, where it only measures | `warn` | the same |
//! | every other change of phase | `info` | the same |
//! | rejected | `debug` | `name`, `reason`, `retry_after` |
//!
//! The circuit of a key has the field `key` too, where [keys are shown](crate::keyed#events).
//!
//! # The sharp edge
//!
//! A protocol's failure is often an `Ok` response. Tell the breaker with [`classify`](CircuitBreakerBuilder::classify), or it
//! will see none. And put a timeout around or below it: a call that never ends is never counted.

mod admit;
mod breaker;
mod builder;
mod guard;
mod handle;

pub use self::{
    admit::Circuit,
    builder::{CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitSettings},
    guard::CircuitGuard,
    handle::{CircuitHandle, CircuitSnapshot},
};
pub use crate::state::{circuit::Phase, counts::Counts};
