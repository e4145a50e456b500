//! Sends a call again when it failed for a reason that may pass.
//!
//! Most failures of a distributed system are short, and a retry hides them. But it makes a real outage worse: when each caller
//! asks three times, the load on a service that is down triples. So this retry waits longer each time, for a random share of the
//! backoff. It spends from a [`Budget`] that all calls share, or all calls of a key. It makes no attempt at the deadline or later,
//! and stops when a layer below rejects the call.
//!
//! # Example
//!
//! ```
//! use std::{io, sync::atomic::{AtomicU32, Ordering}};
//! use palisade::{Backoff, RetryLayer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
//!
//! let service = ServiceBuilder::new()
//!     .layer(RetryLayer::builder("payments").max_attempts(3).build()?)
//!     .service(service_fn(|()| async {
//!         match ATTEMPTS.fetch_add(1, Ordering::Relaxed) {
//!             0 => Err(io::Error::other("reset")),
//!             _ => Ok("paid"),
//!         }
//!     }));
//!
//! assert_eq!(service.oneshot(()).await?, "paid");
//! assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`max_attempts`](RetryBuilder::max_attempts) | 3 | attempts in all, the first one included |
//! | [`backoff`](RetryBuilder::backoff) | 50 ms doubling to 20 s, full jitter | the wait before each retry |
//! | [`max_retry_after`](RetryBuilder::max_retry_after) | 30 s | the longest pause a service may ask for |
//! | [`budget`](RetryBuilder::budget) | 100 tokens, 0.2 a call, 10 a second | what all retries together may spend |
//! | [`budget_per_key`](RetryBuilder::budget_per_key) | one for all calls | gives each tenant, host or other key a budget of its own |
//! | [`classify`](RetryBuilder::classify) | errors are transient | what a result means |
//! | [`copy_request`](RetryBuilder::copy_request) | `Clone` | how the request is kept |
//! | `max_body` (feature `http`) | 64 KiB | the largest body that is kept |
//! | [`retry_if`](RetryBuilder::retry_if) | always | the last word on each retry |
//! | [`retry_rejected`](RetryBuilder::retry_rejected) | off | also retries what a layer below rejected |
//! | [`budget_gate`](RetryBuilder::budget_gate) | none | stops retries while an objective burns its budget too fast |
//! | [`without_budget`](RetryBuilder::without_budget) | off | lets retries multiply the load |
//! | [`seed`](RetryBuilder::seed) | none | makes the jitter repeat |
//! | [`name`](RetryBuilder::name) | as given to `builder` | the name that events show |
//!
//! The caller gets the last result that the inner service itself gave, by value, so neither responses nor errors need be
//! `Clone`. The service must be `Clone`: each attempt after the first is made by a clone, once it is ready. Services made by one
//! layer, and their clones, share one budget, or the budgets of all keys.
//!
//! Around [`Replicas`](crate::Replicas), an attempt goes to a replica that none of the last four attempts were sent to, as long as
//! there is one. So the sixth attempt may meet the first one's replica again, however many there are.
//!
//! # A budget for each key
//!
//! A tenant or host that fails takes all retries from the others that share its budget. With
//! [`budget_per_key`](RetryBuilder::budget_per_key) each key has its own. There is room for 1,000 keys. A key goes when another
//! key needs its room, if it was not used for 5 minutes, none of its calls is in flight, and its budget is full again. So nothing
//! is lost with it: a key that comes back starts full. A budget that gains nothing per second is full again only by calls, and may
//! keep its key for ever.
//!
//! While there is no room for a key, its retries spend the budget that was given, so a flood of keys is bounded too. On 64-bit
//! machines a key takes at most 450 bytes beside its own heap, and each further thread that calls adds 128. A call takes the read
//! lock of one of 16 parts of the map and reads the clock; for a known key it allocates nothing.
//!
//! # Events
//!
//! Target `palisade::retry`, level `debug`.
//!
//! | event | fields |
//! |---|---|
//! | retrying | `name`, `attempt` (the number of the next one), `delay`, `outcome`, `error` |
//! | stopped retrying, though the last attempt failed | `name`, `attempt`, `reason`, `rejection` |
//!
//! The reasons are `rejected`, `max_attempts`, `retry_after`, `no_copy`, `retry_if`, `deadline`, `budget` and `budget_gate`.
//!
//! # The sharp edge
//!
//! The service may have acted on a call that failed. Retry only what may happen twice, and say so with `retry_if`. And with a
//! backoff of nothing there is no pause: if the service fails at once, one poll makes all attempts.
//!
//! A key's `Eq` runs under a lock of the map, so it must not call the service. Where callers choose the keys, attackers do too:
//! take the key from what you know.

mod builder;
mod call;
mod future;
mod layer;
mod per_key;
mod rules;
mod service;
#[cfg(all(test, not(loom)))]
mod tests;

pub use self::builder::RetryBuilder;
pub use self::future::ResponseFuture;
pub use self::layer::RetryLayer;
pub use self::per_key::{BudgetOf, BudgetPerKey, SharedBudget};
pub use self::rules::{Always, RetryIf, Rules};
pub use self::service::Retry;
pub use crate::call::budget::{Budget, BudgetBuilder};
pub use crate::call::copies::{AsIs, CloneRequest, CopyRequest, KeepRequest, KeepResponse};
