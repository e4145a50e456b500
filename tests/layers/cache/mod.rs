//! The cache. How long an entry is of use is decided in `src/state/cache`, and claimed in its tests.

mod ages;
mod by_hand;
mod configuration;
mod crowds;
mod dropping;
mod extremes;
mod fallback;
mod hostile;
mod meanwhile;
mod misses;
mod refreshes;
mod room;
mod seen;
mod stale;
mod walks;

use palisade::Error;
use palisade::cache::{ByKey, CacheBuilder, CacheHandle, CacheLayer, InBackground};
use tokio::task::yield_now;
use tokio::time::advance;
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::inner::{Answer, Inner};
use crate::support::time::{MILLI, NANO, SECOND, just_before};
use crate::support::{Down, reason};

type Key = fn(&u32) -> u32;

/// Keeps responses by the last two digits of their requests, for ten seconds, and leaves nothing to chance.
fn builder() -> CacheBuilder<ByKey<Key, u32>> {
    let key: Key = |request| request % 100;
    CacheLayer::builder("catalog", key).ttl(10 * SECOND).ttl_jitter(0.0).early(0.0).seed(1)
}

/// The same, stale for 60 seconds after the first ten.
fn refreshing() -> CacheBuilder<ByKey<Key, u32>, InBackground> {
    builder().stale_while_revalidate(60 * SECOND)
}

/// Lets the tasks run that can.
async fn settle() {
    for _ in 0..5 {
        yield_now().await;
    }
}

/// What a call gets, its own error as it is.
async fn get<S: Service<u32, Response = u32, Error = Error> + Clone>(service: &S, request: u32) -> Result<u32, Down> {
    let result = service.clone().oneshot(request).await;
    result.map_err(|error| error.downcast_ref().copied().unwrap_or(Down(0)))
}

/// A call that was polled once and is pending.
fn begin<S: Service<u32, Error = Error> + Clone>(service: &S, request: u32) -> Spawn<S::Future> {
    let mut call = spawn(service.clone().call(request));
    assert!(call.poll().is_pending());
    call
}

/// A service whose calls take two seconds more, on a clock that is paused.
fn slowed(inner: Inner) -> impl Service<u32, Response = u32, Error = Down, Future: Send> + Clone + Send + 'static {
    service_fn(move |request| {
        let call = inner.clone().oneshot(request);
        async move {
            tokio::time::sleep(2 * SECOND).await;
            call.await
        }
    })
}
