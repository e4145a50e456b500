//! Answers calls with what was answered before.
//!
//! A service that is asked the same again and again does the same work again and again, and when it is down, nobody gets what it said
//! a moment ago. A cache keeps its responses for a while. When a response runs out for many callers at once, one call is made for all
//! of them; and where a stale response is good enough, nobody waits at all.
//!
//! This module needs the feature `moka`, whose crate bounds what is kept. With the feature `http-cache-semantics` too there is
//! `CacheLayer::http`, for which the responses say what may be kept: see `http::Semantics`. Rust 1.85 builds the feature `moka`, and
//! Rust 1.88 the other.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use palisade::{CacheLayer, Error};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = CacheLayer::builder("catalog", |product: &u32| *product)
//!     .ttl(Duration::from_secs(60))
//!     .stale_if_error(Duration::from_secs(3600))
//!     .build()?;
//! let cache = layer.handle();
//! let service = ServiceBuilder::new()
//!     .layer(layer)
//!     .service(service_fn(|product: u32| async move { Ok::<_, Error>(format!("product {product}")) }));
//!
//! assert_eq!(service.clone().oneshot(7).await?, "product 7");
//! assert_eq!(service.oneshot(7).await?, "product 7");
//! assert_eq!((cache.snapshot().misses, cache.snapshot().hits), (1, 1));
//! cache.invalidate(&7);
//! # Ok(())
//! # }
//! ```
//!
//! # How long a response is of use
//!
//! ```text
//!   stored ---- fresh: ttl ----|---- stale_while_revalidate ----|
//!                              |---- stale_if_error -------------------|
//!                              |---- keep: for FallbackLayer::cached ---------|  gone
//! ```
//!
//! All three times begin where the response is fresh no more (RFC 5861). They may be set in any order of length.
//!
//! # Settings
//!
//! | setting | default | |
//! |---|---|---|
//! | [`ttl`](CacheBuilder::ttl) | 1 min; HTTP: as responses say | how long a response is fresh |
//! | [`ttl_jitter`](CacheBuilder::ttl_jitter) | 0.1 | the share of it that chance may take away |
//! | [`stale_while_revalidate`](CacheBuilder::stale_while_revalidate) | off | for how long a stale response is given while it is refreshed |
//! | [`max_refreshes`](CacheBuilder::max_refreshes), [`refresh_timeout`](CacheBuilder::refresh_timeout) | 100, 10 s | how many refreshes run at once, and for how long |
//! | [`stale_if_error`](CacheBuilder::stale_if_error) | 0 | for how long a stale response is given where the call fails |
//! | [`keep`](CacheBuilder::keep) | 0 | for how long it is there for a fallback |
//! | [`early`](CacheBuilder::early) | 1 | how eagerly it is refreshed before its time |
//! | [`capacity`](CacheBuilder::capacity), [`weigher`](CacheBuilder::weigher) | 10,000; HTTP: 64 MiB | how much is kept |
//! | [`classify`](CacheBuilder::classify) | errors are failures | which responses are kept, and when a stale one is given |
//! | [`seed`](CacheBuilder::seed) | none | makes a run repeat |
//!
//! Only a `Success` is kept. Calls of one key that find nothing share one call to the service, which nobody's deadline ends: put a
//! timeout below. A failure is shared too, by those who wait for it. The cache is always ready, and readies a clone of the inner
//! service for each call that it makes.
//!
//! # What is thrown away
//!
//! [`invalidate`](CacheHandle::invalidate) throws away a key, and [`clear`](CacheHandle::clear) everything. A call that has begun
//! before is not kept, and no later call shares it. Beside that, moka evicts what is asked for least, when there is no more room.
//! Its clock does not decide anything here: what is of no more use is given to nobody, and stays until its room is needed.
//!
//! # Events
//!
//! Target `palisade::cache`, level `debug`: a call was answered, with `result` (`hit`, `stale`, `miss`, `passed`) and, where the
//! answer was kept, its `age`; a refresh is over, with `result` (`renewed`, `failed`, `full`); entries were evicted, with `entries`. Level
//! `info`: the cache was cleared by hand.
//!
//! # The sharp edge
//!
//! Two requests of one key get one response. If a response depends on who asks, and the key does not say who, one user sees what is
//! another's.
//!
//! A call that waits for another call of its own key, through the same cache, waits for itself: a timeout below ends it, and without one
//! the key gets no new response any more.
//!
//! A key's `Hash`, `Eq` and `Clone`, and a response's `Clone`, run in each call, so make them cheap: wrap large responses in an `Arc`.
//! `Eq` may run under a lock of the calls in flight, and must not use the cache. A response that is thrown away may be dropped a
//! little later, on any thread that uses the cache.

mod builder;
mod by_key;
mod fetch;
mod future;
mod handle;
mod keep;
mod landed;
mod layer;
mod refresh;
mod service;
mod settings;
mod shared;
mod waiting;

pub use self::builder::CacheBuilder;
#[cfg(feature = "http-cache-semantics")]
pub(crate) use self::by_key::is_failure;
pub use self::by_key::{Alike, ByKey, Weigh};
pub use self::fetch::{Call, Fetch};
pub use self::future::ResponseFuture;
pub use self::handle::{CacheHandle, CacheSnapshot};
pub use self::keep::{Around, Fork, Keep, Read, Terms};
pub use self::landed::Landed;
pub use self::layer::{CacheLayer, Remembered};
pub use self::refresh::{InBackground, InCall, Refresh, Refreshing};
pub use self::service::Cache;
pub use crate::kept::{Keeps, Keyed, Look, Place, Recall};
