//! Tower layers that keep a service answering while the services it calls are slow, failing or overloaded.
//!
//! Each layer wraps a [`tower::Service`] and protects it from one kind of trouble:
//!
//! | layer | protects against | a call that it stops gets |
//! |---|---|---|
//! | [`CircuitBreakerLayer`] | a service that keeps failing | [`Error::Rejected`] |
//! | [`RetryLayer`] | failures that pass | the result of the last attempt |
//! | [`HedgeLayer`] | the few calls that take far longer than the others | the response of the first attempt that has one |
//! | [`TimeoutLayer`] | calls that never end | [`Error::TimedOut`] |
//! | [`BulkheadLayer`] | slow calls that pile up | [`Error::Rejected`] |
//! | [`RateLimitLayer`] | more calls than a service is sized or paid for | [`Error::Rejected`] |
//! | [`ThrottleLayer`] | more calls than an overloaded service takes | [`Error::Rejected`] |
//! | [`Replicas`] | a service that is on one machine | the response of another replica |
//! | [`CoalesceLayer`] | many callers that want the same at once | the response of the call that they share |
//! | `CacheLayer` (feature `moka`) | the same calls again and again, and having no fresh response | a response that was kept |
//! | [`FallbackLayer`] | having no response | the fallback's answer |
//! | [`FeatureLayer`] | spending on what a service in trouble can do without | [`Error::Rejected`] |
//! | [`DeadLetterLayer`] | losing calls that finally failed | its own failure, or a response because the call is kept |
//! | [`MeasureLayer`] | not knowing how long calls take | - |
//! | `ChaosLayer` (feature `chaos`) | not knowing what happens when calls fail | the fault that you chose |
//!
//! A [`CriticalityLayer`] says which calls matter less than others, so that they are rejected first. The module [`health`] is no layer: it
//! checks what a service needs, tells balancers whether the service is ready, and suspects nodes that fall silent. An [`Objective`] says
//! how good calls shall be, and tells when too many are bad. A [`Degradation`] switches features off while signals say that things are
//! bad. A [`Saga`] does several things in order, or undoes what was done: its steps must be idempotent, and a compensation must be
//! harmless where its step was never done.
//!
//! The modules of the layers, such as [`circuit_breaker`] and [`retry`], list their settings and defaults.
//!
//! # Example
//!
//! Most services need the [standard stack](mod@standard), whose parts can be changed, switched off or added:
//!
//! ```
//! use std::io;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(palisade::standard("payments")?.bulkhead(64))
//!     .service(service_fn(|order: u32| async move { Ok::<_, io::Error>(format!("order {order}: paid")) }));
//!
//! assert_eq!(service.oneshot(7).await?, "order 7: paid");
//! # Ok(())
//! # }
//! ```
//!
//! The same layers one by one, with settings of their own:
//!
//! ```
//! use std::{io, time::Duration};
//! use palisade::{BulkheadLayer, CircuitBreakerLayer, FallbackLayer, RetryLayer, TimeoutLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = CircuitBreakerLayer::builder("payments").failure_rate(0.5).min_calls(20).build()?;
//! let circuit = breaker.handle();
//!
//! let service = ServiceBuilder::new()
//!     .layer(FallbackLayer::value("unknown, ask later".to_owned()))
//!     .layer(TimeoutLayer::new(Duration::from_secs(3)))
//!     .layer(RetryLayer::builder("payments").max_attempts(3).build()?)
//!     .layer(breaker)
//!     .layer(BulkheadLayer::new(64))
//!     .layer(TimeoutLayer::new(Duration::from_secs(1)))
//!     .service(service_fn(|order: u32| async move { Ok::<_, io::Error>(format!("order {order}: paid")) }));
//!
//! assert_eq!(service.oneshot(7).await?, "order 7: paid");
//! assert_eq!(circuit.phase(), palisade::Phase::Closed);
//! # Ok(())
//! # }
//! ```
//!
//! # The order of the layers
//!
//! From the outermost to the innermost. Take the layers that you need, and keep their order:
//!
//! ```text
//! fallback                sees every failure that is left, and answers
//!   feature               rejects calls while their feature is off
//!   dead letter           keeps the calls that finally failed, for a replay
//!   cache                 gives what is kept, and shares one call among callers that find nothing
//!   coalesce              shares one call among callers that want the same; each of them keeps its own deadline
//!   measure               counts how long callers waited, and for what
//!   total timeout         limits the whole call, with all attempts and waits
//!     rate limit          lets calls pass at a rate, so that one is counted once, however often it is sent
//!     queue               a bulkhead in which calls may wait; our own wait is not the service's slowness
//!       retry             sends each attempt through the layers below, so an open circuit stops it
//!         hedge           sends an attempt twice when it takes too long; each of the two passes the layers below
//!         replicas        picks who takes the attempt; each replica has the layers below for itself
//!         circuit breaker counts each attempt; slow ones too, because their timeout is inside
//!           throttle      sends about as many attempts as the service takes
//!             bulkhead    without a queue: holds a place while an attempt runs, and none while the retry waits
//!               timeout   limits one attempt
//!                 chaos   lets calls meet faults on purpose, as the service might
//!                   service
//! ```
//!
//! A queue inside a circuit breaker would make our own wait the service's slowness, and open the circuit of a healthy service.
//! A retry stops when a layer below rejects the call, and a circuit breaker does not count it.
//!
//! # What all layers share
//!
//! - **One error.** [`Error`] says whether a call may have had an effect: `Rejected` was not sent, `TimedOut` may have been acted
//!   on, and `Service` holds the error of the service itself. It stays flat, however many layers there are.
//! - **One meaning of a result.** A classifier ([`Classify`]) turns each result into an [`Outcome`]. By default an error is a
//!   failure and a response is a success. The method `classify` sets another classifier, in every layer that asks: circuit breaker,
//!   retry, hedge, fallback, dead letter, adaptive bulkhead, rate limit, throttle and measure.
//! - **State is made in `build()`**, or in `new`. A layer, its clones, its services and its handles share it. So one circuit
//!   holds for all routes and connections of a server.
//! - **One deadline.** A timeout sets the [`Deadline`] for everything below it.
//! - **One criticality.** How much a call matters, its [`Criticality`], is known to everything below it.
//! - **One registry.** Each layer is listed from the moment it is built, and what it does is counted: see [`registry`].
//! - **Restarts.** What layers have learned can go on in the next process: see [the registry](registry#over-a-restart).
//! - **Events.** Layers report what they do through `tracing` and to [observers](event).
//!
//! # How the defaults were chosen
//!
//! The lab of the examples plays loads in virtual time, with the order of layers above, no fallback, and nothing set but seeds; other
//! stacks say so. Its `workloads.toml` has the loads, and a test asserts what is said here.
//! `cargo test --test lab workloads -- --nocapture` prints, for three seeds:
//!
//! | load | result |
//! |---|---|
//! | dead after a good minute, 100/s: time to open | 0.14 s, 0.12 s, 0.16 s |
//! | dead after a good minute, 2000/s: time to open | 0.01 s, 0.02 s, 0.02 s |
//! | 60 % fail after a good minute, 100/s: time to open | 9.03 s, 9.68 s, 9.02 s |
//! | 10 places of 30 s, hung: time to open | 60.70 s, 60.64 s, 60.59 s |
//! | 1 call in 10 s, dead: time to open | 91.00 s, 61.00 s, 54.00 s |
//! | slow only, 1,100 ms over a limit of 1 s: time to open | 1.23 s, 1.18 s, 1.21 s |
//! | dead for ten minutes, 100/s: calls sent | 239, 234, 252 |
//! | hung, callers leave after 2 s: calls sent in ten minutes | 800, 785, 795 |
//! | 5,000/s, dead for 10 s of 40: answered, and calls sent in vain | 64.0 % and 215, 74.6 % and 214, 68.8 % and 200 |
//! | one tenant of 30 % always fails: answered | 69.8 %, 69.4 %, 70.3 % |
//! | 10 % fail by chance: answered | 99.9 %, 99.9 %, 99.9 % |
//! | 25 % fail by chance: answered | 97.8 %, 97.8 %, 97.3 % |
//! | 40 % fail by chance: answered | 78.3 %, 78.4 %, 77.9 % |
//! | 45 % fail by chance: answered | 71.6 %, 72.1 %, 71.3 % |
//! | 7 s up, 7 s down: answered | 40.8 %, 39.3 %, 40.4 % |
//! | 20 s up, 3 s down: answered | 84.2 %, 84.7 %, 83.9 % |
//! | 3 s up, 1 s down: answered | 59.2 %, 60.6 %, 60.8 % |
//! | a server of 100/s that answers 429 to the rest, asked 250/s: served a second | 103, 103, 103 |
//! | a server of 100/s that answers 429 to the rest, asked 400/s: served a second | 103, 103, 103 |
//! | after outages of 30 to 900 s: closes, median and worst | 5.6 s, 12.0 s |
//! | answers of 40 s, healthy again, 5 calls/s: closes | 42 s, 44 s, 43 s |
//!
//! So failures in a row find a service that is dead, at any rate of calls; the failure rate finds one that is half dead. Open
//! times that grow slowly are a bargain: no growth would ask a dead service for ever, and doubling would cost answers after
//! each outage. A service that is up and down for the same time is asked less and less, which costs answers too.
//!
//! Each default was also varied alone, over all of these loads and the scenarios of `examples/lab`. A load is worse with another value
//! if fewer of its calls are answered, by a point of all its calls, or more are sent in vain. It is better if neither is so, and one of
//! them is the other way round. A value that is better for more than half of the loads, and worse for none, would be the default.
//! There is none. `cargo run --release --example lab -- --sweep` makes this picture, in `target/lab/sweep.svg`:
//!
#![doc = include_str!("../examples/lab/sweep.svg")]
//!
//! # HTTP and gRPC
//!
//! With the feature `http`, layers have the constructors `http` and `grpc`. [`CoalesceLayer`], [`CriticalityLayer`] and `CacheLayer` have
//! only the first, and [`FeatureLayer`] has neither, because it is the same for all. They know the status codes, the headers and the
//! bodies of these protocols: see the modules `http` and `grpc`. The features `axum`, `tonic`, `reqwest` and `hyper-util` add what
//! is special to those crates. All layers but `CacheLayer` and `ChaosLayer` exist without any feature.
//!
//! # Reading the code
//!
//! - `state/` decides. It has plain functions of facts and the time, without futures or a clock. Begin with
//!   `state/circuit/phase.rs`, the state diagram of the circuit breaker.
//! - [`call`](mod@call) is how a call passes a layer that admits or rejects it. [`keyed`] makes one such layer for each key.
//!   The templates of a limit are `bulkhead/guard.rs`, `places.rs` and `builder.rs`. A new kind of limit also needs a line in
//!   `state/mod.rs`, two in `lib.rs` (its module and its names), and rows in `source.rs`, `error/rejection.rs`,
//!   `service_builder.rs`, `registry/metrics.rs`, `registry/instance.rs` and `test_util/rest.rs`, and in `layers.rs`, `remains.rs` and
//!   `laws/listed.rs` of `tests/contracts/`.
//! - `circuit_breaker/`, `bulkhead/`, `rate_limit/`, `throttle/`, `retry/`, `hedge/`, `timeout/`, `fallback/`, `criticality/`, `measure/`,
//!   `coalesce/`, `cache/`, `dead_letter/` and `chaos/` are the layers.
//!   Each has its page, its settings, its handle, and what it alone needs.
//! - [`replicas`] makes one service of several; `state/replicas/` decides who takes a call, and `discover/` finds them by their addresses.
//! - `dead_letter/queue/` is a queue of letters and `dead_letter/replay/` replays them; `state/letters/` decides which one is next.
//! - [`store`] keeps records that must not be lost.
//! - [`saga`] does several things in order, or undoes them; `state/saga/` decides what comes next, and `saga/record.rs` is what its log holds.
//! - `kept/` keeps the responses of a cache; `state/cache/` decides how long they are of use.
//! - `flight/` is a call that several callers share; `state/flights/` decides who of them polls it.
//! - `health/` asks how things are; `state/verdict.rs` and `state/phi/` decide what that means.
//! - `standard/` puts the layers that most services need in their order. A new layer of that kind gets a place there.
//! - [`degradation`] says which features are on; `state/degradation/` decides which mode is in force. `examples/degrade` is a shop that
//!   goes by it.
//! - [`objective`] is fed by measures; `state/objective/` decides how much may be bad, and when somebody is told.
//! - [`registry`] lists the layers. `registry/metrics.rs` is the table of what is counted. What happened is kept by
//!   `state/history/`, which also makes figures of it.
//! - `page/` serves the registry as a live page. `page.html`, `page.css` and `page.js` are what a browser gets.
//! - [`event`] is what layers report. `error`, `outcome`, `name`, `backoff` and `context` are what they share.
//! - `http/`, `grpc/` and `clients/` know protocols and other crates.
//! - `test_util/` is what tests of stacks are made with, ours among them.
//!
//! Imports go from the layers down to `call`, `keyed` and `event`, and from there to `state`. No layer imports another.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
pub mod bulkhead;
#[cfg(feature = "moka")]
pub mod cache;
mod cached_arc;
pub mod call;
mod caught;
#[cfg(feature = "chaos")]
pub mod chaos;
pub mod circuit_breaker;
#[cfg(feature = "http")]
mod clients;
pub mod coalesce;
mod context;
pub mod criticality;
pub mod dead_letter;
mod debug;
pub mod degradation;
#[cfg(feature = "net")]
pub mod discover;
mod error;
pub mod event;
pub mod fallback;
mod flight;
#[cfg(feature = "http")]
pub mod grpc;
pub mod health;
pub mod hedge;
#[cfg(feature = "http")]
pub mod http;
mod judge;
#[cfg(feature = "moka")]
mod kept;
pub mod keyed;
pub mod measure;
mod name;
pub mod objective;
mod outcome;
#[cfg(feature = "page")]
pub mod page;
pub mod rate_limit;
pub mod registry;
pub mod replicas;
pub mod retry;
pub mod saga;
mod service_builder;
mod setting;
mod source;
pub mod standard;
mod state;
pub mod store;
mod sync;
#[cfg(feature = "test-util")]
pub mod test_util;
pub mod throttle;
mod time;
pub mod timeout;

pub use crate::backoff::{Backoff, Jitter};
pub use crate::bulkhead::{
    Adaptive, Bulkhead, BulkheadBuilder, BulkheadGuard, BulkheadHandle, BulkheadLayer, QueueBuilder, QueueLayer,
};
#[cfg(feature = "moka")]
pub use crate::cache::{Cache, CacheBuilder, CacheHandle, CacheLayer, CacheSnapshot};
pub use crate::call::budget::{Budget, BudgetBuilder};
#[cfg(feature = "chaos")]
pub use crate::chaos::{Chaos, ChaosBuilder, ChaosHandle, ChaosLayer, ChaosSnapshot};
pub use crate::circuit_breaker::{
    CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle, CircuitSnapshot,
};
#[cfg(feature = "axum")]
pub use crate::clients::axum;
#[cfg(feature = "reqwest")]
pub use crate::clients::reqwest;
#[cfg(feature = "tonic")]
pub use crate::clients::tonic;
pub use crate::coalesce::{Coalesce, CoalesceBuilder, CoalesceHandle, CoalesceLayer};
pub use crate::context::{CriticalityScope, Deadline, DeadlineScope};
pub use crate::criticality::{Criticalities, CriticalityLayer};
pub use crate::dead_letter::{
    DeadLetter, DeadLetterId, DeadLetterLayer, DeadLettered, DeadLetters, DeadLettersBuilder,
};
pub use crate::degradation::{
    Degradation, DegradationBuilder, DegradationSnapshot, Feature, FeatureLayer, Mode, SignalSnapshot,
};
pub use crate::error::{ConfigError, Elapsed, Error, Rejection, RejectionReason};
pub use crate::fallback::{Fallback, FallbackError, FallbackHandle, FallbackLayer};
pub use crate::health::{
    Health, HealthBuilder, HealthCheck, HealthCheckBuilder, Heartbeats, HeartbeatsBuilder, NodeWatch, Verdict,
};
pub use crate::hedge::{Hedge, HedgeBuilder, HedgeHandle, HedgeLayer};
pub use crate::judge::{Judge, Judgement};
pub use crate::keyed::{PerKey, PerKeyBuilder, PerKeyHandle, PerKeyLayer};
pub use crate::measure::{Measure, MeasureBuilder, MeasureGuard, MeasureHandle, MeasureLayer};
pub use crate::name::Name;
pub use crate::objective::{BudgetGate, IndicatorSnapshot, Objective, ObjectiveBuilder};
pub use crate::outcome::{Classify, DefaultClassifier, Outcome};
pub use crate::rate_limit::{
    PacingLayer, RateLimit, RateLimitBuilder, RateLimitGuard, RateLimitHandle, RateLimitLayer, RateLimitSnapshot,
};
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub use crate::registry::Snapshot;
pub use crate::registry::{Action, Figures, Happening, NamedFigures, Registry, SteerError, Target, Timeline, What};
pub use crate::replicas::{
    Policy, Replica, ReplicaGuard, ReplicaSnapshot, ReplicaUsed, Replicas, ReplicasBuilder, ReplicasHandle,
    ReplicasSnapshot,
};
pub use crate::retry::{Retry, RetryBuilder, RetryLayer};
pub use crate::saga::{Saga, SagaBuilder, SagaError, SagaHandle, SagaStatus};
pub use crate::service_builder::ServiceBuilderExt;
pub use crate::standard::{StandardLayer, standard};
pub use crate::state::adaptive::{LimitAlgorithm, Round};
pub use crate::state::circuit::Phase;
pub use crate::state::counts::Counts;
pub use crate::state::criticality::Criticality;
pub use crate::state::rate::Rate;
pub use crate::state::saga::SagaState;
#[cfg(feature = "redb")]
pub use crate::store::RedbStore;
pub use crate::store::{MemoryStore, Store, StoreError};
pub use crate::throttle::{Throttle, ThrottleBuilder, ThrottleGuard, ThrottleHandle, ThrottleLayer, ThrottleSnapshot};
pub use crate::timeout::{Timeout, TimeoutLayer};

/// The examples of the README, compiled.
#[cfg(all(
    doctest,
    feature = "axum",
    feature = "page",
    feature = "prometheus-client",
    feature = "reqwest",
    feature = "tonic"
))]
#[doc = include_str!("../README.md")]
mod readme {}
