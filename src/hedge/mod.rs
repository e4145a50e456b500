//! Sends a call a second time when the first attempt takes too long, and takes the result that comes first.
//!
//! Of many calls to a healthy service a few take far longer than the others: they met a garbage collection, a lost packet, or a queue on
//! one machine. A second attempt most likely meets none of that. When it starts only after most calls have ended, it costs few calls
//! more and cuts off the slow ones: [*The Tail at Scale*] calls that a hedged request. What hedges may cost is bounded by a [`Budget`],
//! so that a service that is slow as a whole does not get twice the calls. Where 1 call in 50 takes a second and the others 10 ms, 99 % of
//! the calls end within 21 ms, for 2 % more calls: `benches/peers` plays that with `--hedge`, beside a fixed delay and tower's hedge.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use std::sync::atomic::{AtomicU32, Ordering};
//! use palisade::{Error, HedgeLayer};
//! use tokio::time::{Instant, sleep};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
//!
//! let service = ServiceBuilder::new()
//!     .layer(HedgeLayer::builder("search").after(Duration::from_millis(10)).build()?)
//!     .service(service_fn(|()| async {
//!         let attempt = ATTEMPTS.fetch_add(1, Ordering::Relaxed);
//!         sleep(Duration::from_millis(if attempt == 0 { 1_000 } else { 5 })).await;
//!         Ok::<_, Error>(attempt)
//!     }));
//!
//! let began = Instant::now();
//! assert_eq!(service.oneshot(()).await?, 1);
//! assert_eq!(began.elapsed(), Duration::from_millis(15));
//! # Ok(())
//! # }
//! ```
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`after_quantile`](HedgeBuilder::after_quantile) | 0.95 | the share of first attempts that end before a second one starts |
//! | [`min_delay`](HedgeBuilder::min_delay) | 1 ms | the least that the quantile may be |
//! | [`after`](HedgeBuilder::after) | by the quantile | a fixed time instead |
//! | [`max_hedges`](HedgeBuilder::max_hedges) | 1 | attempts beside the first, each a delay after the one before |
//! | [`budget`](HedgeBuilder::budget) | 10 tokens, 0.1 a call, 1 a second | what all hedges together may spend |
//! | [`budget_gate`](HedgeBuilder::budget_gate) | none | stops hedges while an objective burns its budget too fast |
//! | [`classify`](HedgeBuilder::classify) | errors are transient | what a result means |
//! | [`copy_request`](HedgeBuilder::copy_request) | `Clone` | how the request is kept |
//! | `max_body` (feature `http`) | 64 KiB | the largest body that is kept |
//! | [`hedge_if`](HedgeBuilder::hedge_if) | always | which requests are hedged |
//! | [`name`](HedgeBuilder::name) | as given to `builder` | the name that events show |
//!
//! # What ends a call
//!
//! | an attempt ends as | the call |
//! |---|---|
//! | success, ignored | ends with it; all other attempts are dropped |
//! | transient | starts the next attempt at once |
//! | throttled, or rejected by a layer below | starts no other attempt, and waits for those in flight |
//! | failed | ends with it |
//!
//! When all attempts have failed, the caller gets the last failure, and a rejection only if no attempt was sent. Of attempts that end at
//! once, the earlier one counts. No attempt starts at the deadline or later. [gRFC A6] has the same rules, but for two: there a pushback
//! delays the next attempt, and here it stops them; and here a token is paid for each hedge, where A6 counts failures.
//!
//! The quantile is of the first attempts that succeeded in the last 25 to 30 seconds, at most 5 % too long and never too short. A first
//! attempt that lost to a hedge counts with the time for which it was in flight. While there are fewer than 20, or the
//! quantile is longer than 66 seconds, no call is hedged. The quantile costs 3.5 KiB for each thread that calls, and 25 KiB for each layer.
//!
//! Around [`Replicas`](crate::Replicas), a hedge is sent to a replica that no attempt of the call was sent to, as long as there is one.
//!
//! The service must be `Clone`: each hedge is made by a clone, once it is ready. Nothing is spawned, and a call that is not hedged
//! allocates nothing. Services made by one layer, and their clones, share one budget, and what is known of latencies.
//!
//! # Events
//!
//! Target `palisade::hedge`, level `debug`.
//!
//! | event | fields |
//! |---|---|
//! | hedging | `name`, `attempt` (the number of the one that starts), `in_flight` (how many are already) |
//! | hedge withheld, and no other will start | `name`, `attempt`, `reason` |
//! | hedge won | `name`, `attempt` |
//!
//! The reasons are `no_copy`, `deadline`, `budget_gate` and `budget`. When the budget is empty, the call goes on without a hedge: the event
//! says `budget`, and the metric `palisade_hedge_withheld_total` counts it by that reason.
//!
//! # The sharp edge
//!
//! The service may act on both attempts. So hedge only what may happen twice, and say so with `hedge_if`. Put the hedge inside a retry and
//! outside replicas and circuit breakers. A hedge does not help against a service that is slow as a whole, and its timer counts
//! whole milliseconds.
//!
//! [*The Tail at Scale*]: https://doi.org/10.1145/2408776.2408794
//! [`Budget`]: crate::Budget
//! [gRFC A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md#hedging-policy

mod attempt;
mod builder;
mod call;
mod future;
mod layer;
mod rules;
mod service;

pub use self::builder::HedgeBuilder;
pub use self::future::ResponseFuture;
pub use self::layer::{HedgeHandle, HedgeLayer};
pub use self::rules::{Always, HedgeIf, Rules};
pub use self::service::Hedge;
pub use crate::call::copies::{AsIs, CloneRequest, CopyRequest, KeepRequest, KeepResponse};
