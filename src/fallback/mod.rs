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
//! | [`rehearse`](FallbackLayer::rehearse) | 0 | the share of calls beside which the steps are rehearsed |
//! | [`seed`](FallbackLayer::seed) | by chance | the same draws in each run |
//! | [`mark`](FallbackLayer::mark) | by the protocol | how an answer says that it is [`Degraded`] |
//! | [`objective`](FallbackLayer::objective) | none | where answers count as degraded |
//! | [`name`](FallbackLayer::name) | `fallback` | the name that events show |
//!
//! A step is a [`value`], a [`function`], a function of the request ([`function_of`]), a future ([`future_of`]), another
//! [`service`], or a [`Step`] of your own. With the feature `moka` it may be what a cache keeps: `FallbackLayer::cached`.
//!
//! Each call carries a clone of the steps, so their functions and services should be cheap to clone.
//!
//! # By hand
//!
//! The [handle](FallbackLayer::handle) switches all services of the layer. After [`always`](FallbackHandle::always), each call is answered by
//! the fallback and none is sent, until [`auto`](FallbackHandle::auto). Use it to spare a service that is known to be down, or to see in
//! quiet times what callers will get. The [registry](crate::registry) does the same for somebody who has no handle.
//!
//! # Degraded answers
//!
//! A caller may have to know that an answer was made up, and by which step: to show it, or not to keep it. An answer of
//! `FallbackLayer::http` and `FallbackLayer::grpc` has [`Degraded`] among the extensions of the response. Layers outside and the caller see
//! it; it is not sent over the wire. To tell a client, put it into a header, outside of the fallback:
//!
#![cfg_attr(feature = "http", doc = "```")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use http::{HeaderValue, Response};
//! use palisade::{Error, FallbackLayer, fallback};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let stale = |_: Result<&Response<&'static str>, &Error>| Ok::<_, Error>(Response::new("9.99"));
//! let service = ServiceBuilder::new()
//!     .map_response(|mut response: Response<_>| {
//!         if response.extensions().get::<fallback::Degraded>().is_some() {
//!             response.headers_mut().insert("x-degraded", HeaderValue::from_static("yes"));
//!         }
//!         response
//!     })
//!     .layer(FallbackLayer::http(fallback::function(stale)))
//!     .service(service_fn(|()| async { Err::<Response<&str>, _>(std::io::Error::other("down")) }));
//!
//! assert_eq!(service.oneshot(()).await?.headers()["x-degraded"], "yes");
//! # Ok(())
//! # }
//! ```
//!
//! # Rehearsals
//!
//! A fallback that is taken once a year may not work then. [`rehearse`](FallbackLayer::rehearse) runs the steps beside a share of the calls
//! that are sent, in their futures, and counts how they end:
//!
//! | end | |
//! |---|---|
//! | `answered` | a step gave a response that is no failure |
//! | `failed` | no step did: by an error, by a response that is a failure, or by a panic |
//! | `unfinished` | the call ended first, or was dropped |
//!
//! The call gets its own result, and does not wait for the rehearsal. If it fails, the steps are taken anew. A rehearsal really runs: a step
//! that calls a service calls it, as [`Sheddable`](crate::Criticality::Sheddable), because no caller waits for it.
//!
//! # Events
//!
//! Target `palisade::fallback`, level `debug`.
//!
//! | event | fields |
//! |---|---|
//! | degraded | `name`, `step` (the number, from 1, of the one that answered), `error` (of the call) |
//! | fallback failed | `name`, `error` (of the last step) |
//! | fallback answers always (`warn`), fallback answers where calls fail (`info`) | `name` |
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
