//! Rejects calls that an overloaded service would not take.
//!
//! A service that gets more calls than it can serve must refuse some, and that costs it, too: at some load it does nothing else. So a
//! client that sees its calls refused sends fewer of them. A throttle compares how many calls were made with how many the service
//! took, and rejects a part of the next calls by chance, so that the service gets about `k` times what it takes. Each client does that by
//! itself. It is called *client-side adaptive throttling*, and is from *Site Reliability Engineering*, chapter 21.
//!
//! How much it helps depends on what a refusal costs the service. A test plays a server to which it costs much: one worker takes 5 ms for a
//! response and 3.3 ms to refuse a call, refuses the calls that find half a second of work before them, and gets 300 calls a second, whose
//! callers wait for a second. It could answer 66 % of them. By itself it answers at most 4 %, behind a circuit breaker less than half, and
//! behind a throttle with a `k` of 1.1 at least 60 %. Where a refusal costs little, a throttle gains little.
//!
//! For each call that it takes, the service refuses about `k - 1`, so set `k` close to 1 where a refusal costs much. A throttle hears of an
//! overload by refusals; by timeouts alone it hears of it later, and ends it later. In the lab's scenario `overload`, whose service
//! refuses nothing and could answer 66 % of the calls, it answers at most 4 % behind a circuit breaker, and at least 35 % behind such a
//! throttle.
//!
//! Use it where a service is often overloaded. A [circuit breaker](crate::circuit_breaker) stops *all* calls when too many fail, which is
//! right for a service that is down; a throttle lets an overloaded service work as much as it can. Both together are of use: put the
//! throttle inside the circuit breaker, which does not count what is rejected here.
//!
//! # Example
//!
//! ```
//! use palisade::{Criticality, Error, RejectionReason, ThrottleLayer};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let throttle = ThrottleLayer::builder("search").k(1.5).seed(1).build()?;
//! let handle = throttle.handle();
//! let mut service = ServiceBuilder::new()
//!     .layer(throttle)
//!     .service(service_fn(|()| async { Err::<(), _>(std::io::Error::other("overloaded")) }));
//!
//! let rejected = loop {
//!     if let Err(Error::Rejected(rejection)) = service.ready().await?.call(()).await {
//!         break rejection;
//!     }
//! };
//! assert_eq!(rejected.reason(), RejectionReason::Throttled);
//! assert_eq!(handle.snapshot(Criticality::Critical).rejected, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`k`](ThrottleBuilder::k) | 2 | how many calls the service gets for each one that it takes |
//! | [`max_rejection`](ThrottleBuilder::max_rejection) | 0.95 | the greatest probability with which a call is rejected |
//! | [`time_window`](ThrottleBuilder::time_window) | 2 min in 12 buckets | which calls are counted |
//! | [`seed`](ThrottleBuilder::seed) | by chance | the same draws in each run |
//!
//! Services made by one layer, and their clones, share what they count; so do its handles. With
//! [`per_key`](ThrottleBuilder::per_key) each host, or any other key, is counted for itself.
//!
//! # How it counts
//!
//! Over the window, a call is rejected with the probability `(requests - k * accepts) / (requests + 1)`, if that is more than zero.
//!
//! - A call that ends in [`Success`](crate::Outcome::Success) is a request and an accept. One that fails is a request: `Transient`,
//!   `Throttled`, `Failed`, a panic, and a timeout of this crate at its own limit if the service was being waited for and had at least half of
//!   that limit. Both count when the call ends, so calls in flight reject nothing.
//! - A call that is rejected here is a request at once. So the probability stays high while callers keep coming.
//! - Calls that say nothing of the service are left out: `Ignored`, abandoned by their caller, or rejected by a layer below.
//!
//! The calls of each [`Criticality`](crate::Criticality) are counted for themselves: where the service refuses what matters less, only that
//! is rejected here. A service that is not asked for a whole window is asked again by all. A call of HTTP or gRPC ends with the body of its
//! response, unless its head is a failure already.
//!
//! # Events
//!
//! Target `palisade::throttle`: rejected (`debug`), with `name`, `reason` and `criticality`; rejects calls (`warn`) with the
//! first rejection of a class, and rejects no calls (`info`) with the first call whose probability is zero after none was rejected for a
//! whole window, with `name`, `criticality`, `requests` and `accepts`. All have `key` where keys are shown.
//!
//! # The sharp edge
//!
//! There is no least number of calls: after one lone failure the next call is rejected with a probability of 0.5. And a service that
//! fails more than half of its calls for another reason than overload is asked less and less, down to `max_rejection`: the formula knows
//! no reasons. Say with [`classify`](ThrottleBuilder::classify) what is a failure. A probability that grows only because old accepts
//! leave the window is seen with the next failure.

mod admit;
mod builder;
mod guard;
mod handle;
mod shared;

pub use self::admit::Throttling;
pub use self::builder::{Throttle, ThrottleBuilder, ThrottleLayer, ThrottleSettings};
pub use self::guard::ThrottleGuard;
pub use self::handle::ThrottleHandle;
pub use self::shared::ThrottleSnapshot;
