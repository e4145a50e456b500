//! Limits how many calls pass in which time.
//!
//! A service is paid for, or sized, by its calls a second. A rate limit lets calls pass at that rate, evenly, and a burst of them
//! after a pause. The others are rejected at once, and their rejections say when to come back; or, if you configure it, they wait
//! for their turn, first come, first served.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use palisade::{Error, Rate, RateLimitLayer, RejectionReason};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let limit = RateLimitLayer::builder("api", Rate::per(Duration::from_secs(60), 600)).burst(1).build()?;
//! let mut service = ServiceBuilder::new()
//!     .layer(limit)
//!     .service(service_fn(|()| async { Ok::<_, Error>(()) }));
//!
//! service.ready().await?.call(()).await?;
//! let Err(Error::Rejected(rejection)) = service.ready().await?.call(()).await else { panic!("it came too soon") };
//! assert_eq!(rejection.reason(), RejectionReason::RateLimited);
//! assert!(rejection.retry_after().is_some_and(|after| after <= Duration::from_millis(100)));
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`per_second`](RateLimitLayer::per_second), [`builder`](RateLimitLayer::builder) | - | the [rate](crate::Rate); one of 0 calls rejects all |
//! | [`burst`](RateLimitBuilder::burst) | the calls of a period, at most 100 | the most calls that pass at once |
//! | [`cost`](RateLimitBuilder::cost) | 1 | what a request costs, in calls |
//! | [`max_wait`](RateLimitBuilder::max_wait) | none | the longest wait for a turn |
//! | [`heed_throttling`](RateLimitBuilder::heed_throttling) | off | lets the service shut the limit, for at most [`max_retry_after`](RateLimitBuilder::max_retry_after) (30 s) |
//! | `headers`, with HTTP | off | tells callers what is left |
//! | [`name`](RateLimitBuilder::name) | as given; `rate limit` | what errors and events call it |
//!
//! Services made by one layer, and their clones, share its rate; so do its handles, which can change it at any time. With
//! [`per_key`](RateLimitBuilder::per_key) each client, or any other key, has a rate of its own.
//!
//! # How it counts
//!
//! By the generic cell rate algorithm of ITU-T I.371: a bucket holds `burst` calls, starts full, and gains one each interval, which
//! is the period divided by its calls. The interval is rounded up to a nanosecond: so never more than the rate passes, and up to
//! `n` billionths less at `n` calls a second, such as 0.0001 % less at 1,000 a second. A rejected call takes nothing. What a call took stays
//! taken, even if a layer below rejects the call.
//!
//! A call that waits has reserved its turn when it was first polled. If it is dropped, its turn is given back, unless another was
//! reserved after it. Then the turn is lost: those after it have been told their moments, and timers run for them.
//!
//! # Events
//!
//! Target `palisade::rate_limit`: rejected (`debug`), with `name`, `reason` and, where that is known, `retry_after`; shut
//! (`debug`), with `name` and `duration`, which is zero where a key was unblocked; rate set (`info`), with `name`, `calls`, `period` and `burst`. All have `key` where keys are
//! shown.
//!
//! # The sharp edge
//!
//! It limits one process: of three instances behind a balancer, each has a rate of its own. It counts calls that begin, and not those
//! in flight: where a slow service is to be protected, use a [bulkhead](crate::bulkhead) as well. A wait holds memory and its caller, so
//! keep [`max_wait`](RateLimitBuilder::max_wait) short. There is no limit on how many wait but that: at most `max_wait` divided
//! by the interval, and the burst. Turns are for the limit, and not for the inner service: calls whose turns came while it was not
//! ready are all sent at the moment when it is. The timers of tokio have a resolution of a millisecond, so a call that waits may pass up to a
//! millisecond after its turn.

mod builder;
mod guard;
mod handle;
mod meter;
mod quota;
#[cfg(feature = "serde")]
mod saved;
mod turn;

pub use self::builder::{Pacing, PacingLayer, RateLimit, RateLimitBuilder, RateLimitLayer, RateLimitSettings};
pub use self::guard::RateLimitGuard;
pub use self::handle::RateLimitHandle;
pub use self::meter::RateLimitSnapshot;
pub use self::quota::{Cost, One, Quota};
pub use self::turn::{MaxWait, Turn};
