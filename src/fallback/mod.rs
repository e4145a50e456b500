//! Answers something useful when the call failed.
//!
//! Often there is a good enough answer: a stale one, a default, another replica's. A fallback gives it where the call failed,
//! was rejected or timed out. Steps are tried one after another until one succeeds.
//!
//! # Example
//!
//! ```
//! use palisade::{FallbackLayer, fallback};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), palisade::Error> {
//! let down = |_: &'static str| async { Err::<&str, _>(std::io::Error::other("down")) };
//!
//! let service = ServiceBuilder::new()
//!     .layer(FallbackLayer::new(fallback::service(service_fn(down))).or(fallback::value("stale")))
//!     .service(service_fn(down));
//!
//! assert_eq!(service.oneshot("price").await?, "stale");
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`new`](FallbackLayer::new), [`value`](FallbackLayer::value) | - | the first step |
//! | [`or`](FallbackLayer::or) | none | the next step, tried when the ones before failed |
//! | [`classify`](FallbackLayer::classify) | errors are failures | what a result means |
//! | [`take_if`](FallbackLayer::take_if) | failures, rejections, timeouts | when the fallback is taken |
//! | [`name`](FallbackLayer::name) | `fallback` | what events call it |
//!
//! The steps: [`value`], [`function`], [`function_of`], [`future_of`], [`service`].
//!
//! It has no state, so there is nothing to share. Each call carries a clone of its steps, so functions and services in them
//! should be cheap to clone.
//!
//! # Events
//!
//! Target `palisade::fallback`, level `debug`: degraded, with `name`, `step` (its number, from 1) and `error`; fallback failed,
//! with `name` and `error`.
//!
//! # The sharp edge
//!
//! A fallback hides failures from its callers, so watch its events. Put it outermost: what is outside of it sees only good
//! answers. And let its steps not depend on what failed.

mod error;
mod future;
mod layer;
mod or;
mod service;
mod step;
mod step_future;
mod take;

pub use self::{
    error::FallbackError,
    future::ResponseFuture,
    layer::FallbackLayer,
    or::{Or, OrFuture},
    service::Fallback,
    step::{
        Answer, Function, FunctionOf, FutureOf, ServiceStep, Step, Value, function, function_of, future_of, service,
        value,
    },
    step_future::{ServiceFuture, StepFuture},
    take::{ByOutcome, Take},
};
