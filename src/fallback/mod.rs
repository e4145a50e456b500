//! Answers something useful when the call failed.
//!
//! Often another answer is good enough: an older one, a default, or that of another replica. A fallback gives it when the call
//! failed, was rejected, or timed out. It tries its steps one after another until one succeeds.
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
//! | [`or`](FallbackLayer::or) | none | the next step, tried when all before it failed |
//! | [`classify`](FallbackLayer::classify) | errors are failures | what a result means |
//! | [`fallback_if`](FallbackLayer::fallback_if) | failures, rejections, timeouts | when the fallback is taken |
//! | [`objective`](FallbackLayer::objective) | none | where answers count as degraded |
//! | [`name`](FallbackLayer::name) | `fallback` | the name that events show |
//!
//! A step is a [`value`], a [`function`], a function of the request ([`function_of`]), a future ([`future_of`]), another
//! [`service`], or a [`Step`] of your own. With the feature `moka` it may be what a cache keeps: `FallbackLayer::cached`.
//!
//! A fallback has no state, so its services share nothing. Each call carries a clone of the steps, so their functions and
//! services should be cheap to clone.
//!
//! # Events
//!
//! Target `palisade::fallback`, level `debug`.
//!
//! | event | fields |
//! |---|---|
//! | degraded | `name`, `step` (the number, from 1, of the one that answered), `error` (of the call) |
//! | fallback failed | `name`, `error` (of the last step) |
//!
//! # The sharp edge
//!
//! A fallback hides failures from its callers, so watch its events. Put it outermost, because a layer around it sees only good
//! answers. And choose steps that do not depend on what failed.

#[cfg(feature = "moka")]
mod cached;
mod degraded;
mod fallback_if;
mod function;
mod future;
mod handle;
mod layer;
mod or;
mod rehearsal;
mod service;
mod service_step;
mod shared;
mod step;
mod value;

#[cfg(feature = "moka")]
pub use self::cached::{Cached, NothingKept, cached};
pub use self::degraded::Degraded;
pub use self::fallback_if::{ByOutcome, FallbackIf};
pub use self::function::{Function, FunctionOf, FutureOf, function, function_of, future_of};
pub use self::future::ResponseFuture;
pub use self::handle::FallbackHandle;
pub use self::layer::FallbackLayer;
pub use self::or::{Or, OrFuture};
pub use self::service::Fallback;
pub use self::service_step::{ServiceFuture, ServiceStep, service};
pub use self::step::Step;
pub use self::value::{Value, value};
pub use crate::error::FallbackError;
