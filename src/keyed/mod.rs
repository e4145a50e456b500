//! A circuit breaker or a bulkhead for each key.
//!
//! A client that calls many hosts shall not lose them all because one is down, and one slow route shall not take the places of
//! the others. So each host, route, tenant, or whatever a function takes from the request, has a circuit or places of its own.
//! It is one layer with one name, its settings are the same for each key, and the map of keys is bounded.
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
//! A bulkhead has it too: `BulkheadLayer::builder(10).per_key(...)`, with a queue or without.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`capacity`](PerKeyBuilder::capacity) | 1,000 | the most keys, exactly |
//! | [`idle`](PerKeyBuilder::idle) | 5 min | after which time out of use a key makes room for another |
//! | [`reject_when_full`](PerKeyBuilder::reject_when_full) | they pass | rejects calls whose key has no room |
//! | [`show_keys`](PerKeyBuilder::show_keys) | off; on for hosts | events of a limit tell its key |
//!
//! # Which keys make room
//!
//! A key is let go of when another comes, it was idle for `idle`, and nothing would be lost with it but counts: nothing of it is
//! in flight (a body that is still streaming is, a call that waits, and a guard that is held), its circuit is not open and was
//! not set by hand, its bulkhead was not resized. Half-open is no reason to stay, and no more is a handle: one that was taken
//! before goes on to work on what the key had, which then is nobody else's. A key that comes back begins anew, closed.
//!
//! A key is idle from when its last call came. One that is found in use when the map is looked through is idle from then at the
//! earliest.
//!
//! A call whose key has no room passes unprotected, so that a flood of keys breaks nothing that works without; or it is
//! rejected with [`KeysFull`](crate::RejectionReason::KeysFull). Keys that are in are protected as before, and their calls pay
//! nothing for the flood. A map of more than 64 keys is not looked through for each call that misses, but at the earliest moment at
//! which a key may go, and after that not before an eighth as many calls have missed as there are keys, or an eighth of `idle` (at
//! least 100 ms) has passed. Until then a call that misses takes no lock but that of its part of the map.
//!
//! # What a key costs
//!
//! Beside the key's own heap, with its share of a full map for 1,000: a bulkhead at most 215 bytes; a circuit with the rule of
//! consecutive failures alone 760, with a count window of 100 calls 920, with the default time window 1,015. Each further
//! thread that has calls answered adds to a circuit nothing, 128 and 256 (64-bit). A call takes the read lock of one of
//! 16 parts of the map and reads the clock; for a key that is known, it allocates nothing. When the map is looked through,
//! a part that is left less than a quarter full shrinks, down to room for about 30 keys.
//!
//! # Events
//!
//! Target `palisade::per_key`: no room for another key, with `name`, `capacity` and `outcome` (`passed` or `rejected`); at most once
//! a minute as `warn`, and else as `debug`, because a flood of keys must not flood the log. The events of circuits and
//! bulkheads have the name of the layer, and the field `key` where keys are shown: those of `http::host`
//! always, others with [`show_keys`](PerKeyBuilder::show_keys).
//!
//! # The sharp edge
//!
//! A key's `Eq` and `Clone` run under a lock of the map: they must not use the layer or its handle. Its `Hash` and `Drop` may.
//!
//! Which circuit a call meets is known only when it is called. So `poll_ready` always asks the service within: one whose
//! readiness depends on one of the keys holds up all. And where callers choose the keys, so do those who mean ill: take the
//! key from what you know (the route, not the path; the tenant, not a header).

mod admit;
mod builder;
mod fork;
mod handle;
mod shown;
mod waiting;

pub(crate) use self::fork::Label;
pub use self::{
    admit::PerKey,
    builder::{PerKeyBuilder, PerKeyLayer},
    fork::{Fork, Key},
    handle::PerKeyHandle,
    waiting::PerKeyWaiting,
};
