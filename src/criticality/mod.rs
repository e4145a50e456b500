//! Says how much each call matters, so that the right ones are rejected when not all can be served.
//!
//! A [`CriticalityLayer`] gives each call a [`Criticality`](crate::Criticality), which travels with it to everything below. Layers ask for
//! it only where they must choose:
//!
//! - a [bulkhead](crate::bulkhead#criticality) may keep places for calls that matter more, and lets them go first in its queue;
//! - the [budget](crate::Budget) of a retry or a hedge keeps tokens for them;
//! - a [throttle](crate::throttle) counts the calls of each class for themselves, so that what a service refuses costs no other.
//!
//! Circuit breaker, timeout and fallback treat all calls alike. Without a layer or a [`scope`](crate::Criticality::scope) every call is
//! [`Critical`](crate::Criticality::Critical).
//!
//! # Example
//!
//! ```
//! use palisade::{BulkheadLayer, Criticality, CriticalityLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bulkhead = BulkheadLayer::builder(2).share(Criticality::Sheddable, 0.5).build()?;
//! let handle = bulkhead.handle();
//! let service = ServiceBuilder::new()
//!     .layer(CriticalityLayer::by(|job: &&str| match *job {
//!         "report" => Criticality::Sheddable,
//!         _ => Criticality::Critical,
//!     }))
//!     .layer(bulkhead)
//!     .service(service_fn(|_: &str| async { Ok::<_, Error>(Criticality::current()) }));
//!
//! let _place = handle.try_enter()?;
//! assert!(service.clone().oneshot("report").await.is_err());
//! assert_eq!(service.oneshot("order").await?, Criticality::Critical);
//! # Ok(())
//! # }
//! ```
//!
//! # Constructors
//!
//! | constructor | how much a call matters |
//! |---|---|
//! | [`by`](CriticalityLayer::by) | what a function of the request says |
//! | `http`, with the feature `http` | the same, and the body of the response is polled with it |
//! | `header`, with the feature `http` | what a header of the request says, see `http::criticality` |
//!
//! # Events
//!
//! It tells nothing itself. Where a layer or a scope says how much a call matters, the event of its rejection has the field
//! `criticality`, whatever layer rejects it.
//!
//! # The sharp edge
//!
//! The class of a call is known only on its own task. Some layers hand calls to another task, for example tower's `Buffer`: put a
//! `CriticalityLayer` inside them. To carry it into a task that you spawn, use [`Criticality::scope`](crate::Criticality::scope).

mod by;
mod layer;

pub use self::by::By;
pub use self::layer::{Carry, Criticalities, CriticalityLayer, Rank, ResponseFuture};
