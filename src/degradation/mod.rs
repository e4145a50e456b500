//! Switches features off while a service is in trouble, so that the rest of it stays well.
//!
//! A shop without recommendations is still a shop. A degradation has *modes* above `normal`, from the mildest to the worst, and *features*,
//! each with the mode from which on it is off. Signals say how badly things are off, from 0 to 1, and put modes in force.
//!
//! Use it where a service has parts that it can do without. A [circuit breaker](crate::circuit_breaker) protects calls to one service; a
//! degradation also stops calls to services that are well, because what they are for is worth less than what they take.
//!
//! # Example
//!
//! ```
//! use palisade::{BulkheadLayer, CircuitBreakerLayer, Degradation, Mode};
//!
//! # fn main() -> Result<(), palisade::ConfigError> {
//! let search = CircuitBreakerLayer::builder("search").build()?;
//! let checkout = BulkheadLayer::new(64);
//! let degradation = Degradation::builder("shop")
//!     .mode(Mode::new("degraded").signal("search", search.handle().signal()))
//!     .mode(Mode::new("emergency").enter_at(0.9).signal("checkout", checkout.handle().signal()))
//!     .feature("recommendations", "degraded")
//!     .feature("reviews", "emergency")
//!     .build()?;
//! assert_eq!(degradation.mode(), "normal");
//!
//! degradation.set("degraded")?;
//! assert!(!degradation.allows("recommendations") && degradation.allows("reviews"));
//! degradation.auto();
//! # Ok(())
//! # }
//! ```
//!
//! A [`FeatureLayer`] rejects the calls of a feature that is off, and a [fallback](crate::fallback) around it answers them.
//!
//! # Settings of a mode
//!
//! | setting | default | |
//! |---|---|---|
//! | [`enter_at`](Mode::enter_at) | 0.8 | the value at which a signal is high |
//! | [`leave_at`](Mode::leave_at) | 0.5 | the value at which a signal is low |
//! | [`enter_after`](Mode::enter_after) | 1 s | how long one signal must be high |
//! | [`leave_after`](Mode::leave_after) | 10 s | how long all signals must be low |
//! | [`signal`](Mode::signal) | none | what is read |
//!
//! The defaults enter soon, because each call in between goes to what is overloaded, and leave late, because what was switched off comes
//! back as load. They are a choice, and come from no measurement.
//!
//! # Modes and signals
//!
//! ```text
//!             one signal at or above enter_at, for enter_after
//!     off  ------------------------------------------------------>  on
//!          <------------------------------------------------------
//!             all signals at or below leave_at, for leave_after
//! ```
//!
//! Each mode is judged by itself. The highest that is on is in force, and [`set`](Degradation::set) puts another one in its place by
//! hand. A mode without signals is in force by hand only.
//!
//! Nothing runs in the background. The signals are read when somebody asks for the mode, for a feature or for the
//! [registry](crate::registry), if they were not read for 100 ms. Of several who ask at once, one reads them. The others get the mode in
//! force, and do not wait. Between two readings a signal is what it last was. So where nobody asks for long, two readings decide: two
//! high ones 10 s apart enter a mode whose `enter_after` is 5 s. Asking costs a load and, if a mode has signals, a clock reading. A
//! [`FeatureLayer`] asks for the readiness and for the call. Reading allocates a list.
//!
//! | handle | its `signal` |
//! |---|---|
//! | [`CircuitHandle`](crate::CircuitHandle::signal) | 1 from when the circuit opens until it closes; of a layer per key the share of such circuits |
//! | [`BulkheadHandle`](crate::BulkheadHandle::signal), also adaptive | the share of places that are taken |
//! | [`RateLimitHandle`](crate::RateLimitHandle::signal) | the share of the burst that is used up |
//! | [`ThrottleHandle`](crate::ThrottleHandle::signal) | the greatest probability to reject a call |
//! | [`Budget`](crate::Budget::signal) of retries or hedges | the share of tokens that is used up |
//! | [`Objective`](crate::Objective::signal) | the share of its budget that is used, or by [`burn_signal`](crate::Objective::burn_signal) how fast |
//! | [`ReplicasHandle`](crate::ReplicasHandle::signal) | the share that is not healthy |
//! | [`Health`](crate::Health::signal) | 0 healthy, 0.5 degraded, 1 unhealthy or draining |
//! | [`DeadLetters`](crate::DeadLetters::signal) | how full the queue is |
//!
//! Such a signal holds its handle for as long as the degradation lives. A signal that panics counts as 0 and is asked again.
//!
//! # Events
//!
//! Target `palisade::degradation`: mode changed (`warn` to a worse one, else `info`), with `name`, `from`, `to`, and unless it was by hand
//! `signal` and `value`: to enter a mode the signal that was high for longest, to leave it the highest. Signal panicked (`warn`, once
//! for each signal), with `name`, `signal` and `error`. Of a layer, whose `name` is the feature: rejected (`debug`), with `reason`; and
//! feature is not known (`warn`, when the layer is made), with `degradation`.
//!
//! # The sharp edge
//!
//! A feature that is spelled wrong is always on. A mode that was set by hand does not outlive the process. A signal that blocks holds
//! up the one who reads it, and no mode changes by signals meanwhile.
//!
//! A signal that a feature itself causes may swing: the feature goes off, the signal falls, the feature comes back. Raise `leave_after`
//! so that it swings slowly, or take a signal of what the feature does not load. And a signal that falls only by the feature's own
//! calls keeps the feature off for ever. The signal of a circuit falls without calls, [10 s after the open
//! time](crate::CircuitHandle::signal). The signal of replicas does not, because a replica on trial waits for a call, and the signal of a
//! budget with `per_second(0.0)` does not either: use them only where other calls lower them too.

mod builder;
mod feature;
mod handle;
mod listed;
mod mode;
mod rung;
mod shared;
mod snapshot;

pub use self::builder::DegradationBuilder;
pub use self::feature::{Feature, FeatureLayer, Switch};
pub use self::handle::Degradation;
pub use self::mode::Mode;
pub use self::snapshot::{DegradationSnapshot, SignalSnapshot};
