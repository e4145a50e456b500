//! A circuit breaker, a bulkhead, a rate limit, a throttle or a measure for each key.
//!
//! A client that calls many hosts must not lose all of them because one is down, and one slow route must not take the places of
//! the others. So each host, route or tenant, or any other key that a function takes from the request, has a circuit, places or
//! a rate of its own. It is one layer with one name, each key has the same settings, and the map of keys is bounded.
//!
//! # Example
//!
//! ```
//! use palisade::{CircuitBreakerLayer, Error, Phase};
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! struct Request { host: &'static str }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let breaker = CircuitBreakerLayer::builder("upstream")
//!     .consecutive(2)
//!     .per_key(|request: &Request| request.host)
//!     .capacity(100)
//!     .build()?;
//! let circuits = breaker.handle();
//!
//! let mut service = ServiceBuilder::new().layer(breaker).service(service_fn(|request: Request| async move {
//!     if request.host == "b" { Ok(()) } else { Err(std::io::Error::other("down")) }
//! }));
//!
//! for _ in 0..2 {
//!     assert!(service.ready().await?.call(Request { host: "a" }).await.is_err());
//! }
//! assert_eq!(circuits.get(&"a").map(|circuit| circuit.phase()), Some(Phase::Open));
//! service.ready().await?.call(Request { host: "b" }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Bulkheads have `per_key` too: `BulkheadLayer::builder(10).per_key(...)`, with a queue or without. So have rate limits, whose
//! handle also changes the rate of all keys, and [blocks](PerKeyHandle::block) one or [unblocks](PerKeyHandle::unblock) it.
//! [Throttles](crate::throttle) have it, which count the calls of each key for themselves.
//! A [measure](crate::measure#a-measure-for-each-route) has it as well: it keeps its keys for ever.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`capacity`](PerKeyBuilder::capacity) | 1,000 | the most keys, exactly |
//! | [`idle`](PerKeyBuilder::idle) | 5 min | how long an unused key is kept |
//! | [`reject_when_full`](PerKeyBuilder::reject_when_full) | they pass | rejects a call when there is no room for its key |
//! | [`name`](PerKeyBuilder::name) | that of its limit | what errors and events call it |
//! | [`show_keys`](PerKeyBuilder::show_keys) | off; on for hosts | shows the key in events |
//!
//! # Which keys are removed
//!
//! A key is removed when another key needs room, the key was idle for `idle`, and only counts would be lost with it: nothing of it
//! is in flight (a waiting call, a streaming body and a guard all count as in flight), its circuit is neither open nor set by
//! hand, its throttle has rejected nothing for a whole window, and its bulkhead was not resized by hand. An adaptive limit counts as no more than a count. A half-open circuit is
//! removed, and a handle does not prevent it: the handle keeps working, on a circuit that no call uses any more. A key that comes
//! back starts anew, with a closed circuit.
//!
//! With a rate limit nothing is lost when the bucket of a key is full again. So it is removed from then on, idle or not, and not
//! before. A key whose rate or burst was set by hand stays.
//!
//! The idle time of a key starts at its last call, or at a later sweep that found the key in use.
//!
//! When there is no room for a key, its calls pass unprotected, so that a flood of keys breaks no call; or they are rejected with
//! [`KeysFull`](crate::RejectionReason::KeysFull). Known keys stay protected, and their calls pay nothing for the flood. A map of
//! up to 64 keys is swept for each call with a new key. A larger one is swept when a key may first be removed; after that, when
//! calls with new keys number an eighth of the keys, or when an eighth of `idle` (at least 100 ms) has passed. Until then a call
//! with a new key takes only the lock of its part of the map.
//!
//! # What a key costs
//!
//! In bytes, on 64-bit machines, with the key's share of a full map for 1,000 keys. The heap of the key itself comes on top.
//!
//! | limit | at most |
//! |---|---|
//! | bulkhead | 235 |
//! | adaptive bulkhead | 850 |
//! | rate limit | 260: its bucket takes 64, and its clock and settings 32 |
//! | circuit with only the rule of consecutive failures | 760 |
//! | circuit with a count window of 100 calls | 945 |
//! | circuit with the default time window | 1,010 |
//! | throttle | 1,200 |
//!
//! A key whose limit has [something to tell](crate::registry#what-has-happened) keeps the last 32 such things, of about 200 bytes each.
//!
//! Each further thread that ends calls adds 0, 128 or 256 bytes to a circuit, and 128 to an adaptive bulkhead. A call takes the read
//! lock of one of 16 parts of the map and reads the clock; for a known key it allocates nothing. When a sweep leaves a part less
//! than a quarter full, the part shrinks, down to room for about 30 keys.
//!
//! # Events
//!
//! Target `palisade::per_key`: no room for another key, with `name`, `capacity` and `outcome` (`passed` or `rejected`); at most
//! once a minute as `warn`, otherwise as `debug`, because a flood of keys must not flood the log. The events of the limits
//! themselves have the name of the layer, and the field `key` where keys are shown: the keys of `http::host` always are, others
//! with [`show_keys`](PerKeyBuilder::show_keys).
//!
//! # The sharp edge
//!
//! A key's `Eq` and `Clone` run under a lock of the map, so they must not use the layer or its handle. Its `Hash`, `Display` and
//! `Drop` may.
//!
//! Which circuit a call meets is known only in `call`. So `poll_ready` always asks the inner service: if its readiness depends on
//! one key, it holds up all of them. And where callers choose the keys, attackers do too: take the key from what you know (the
//! route, not the path; the tenant, not a header).

mod admit;
mod builder;
mod handle;
#[cfg(feature = "http")]
mod host;
mod shared;
mod shown;
mod waiting;

pub use self::admit::PerKey;
pub use self::builder::{PerKeyBuilder, PerKeyLayer};
pub use self::handle::PerKeyHandle;
#[cfg(feature = "http")]
pub use self::host::Host;
pub use self::waiting::PerKeyWaiting;
