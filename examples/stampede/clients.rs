//! The clients of one shop, and what became of their calls.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade::Error;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::origin::{DOWN, Origin, now};
use crate::shops::{Shop, TTL};

/// How many clients come in a second, and how many products there are.
const CLIENTS_A_SECOND: u64 = 1_000;
const PRODUCTS: u32 = 100;
/// How long they come.
pub(crate) const SECONDS: u64 = 16;

/// A call that has ended.
#[derive(Clone, Copy)]
struct Ended {
    at: Duration,
    took: Duration,
    /// How old the price was; `None` where there was none.
    age: Option<Duration>,
}

impl Ended {
    fn is_stale(&self) -> bool {
        self.age.is_some_and(|age| age > TTL)
    }
}

/// What became of all calls.
pub(crate) struct Report {
    name: &'static str,
    pub(crate) sent: usize,
    pub(crate) good: usize,
    pub(crate) stale: usize,
    pub(crate) failed: usize,
    pub(crate) origin_calls: u64,
    /// How long the stale answers took while the origin was down: of 100, the slowest but one.
    pub(crate) stale_p99: Option<Duration>,
}

/// Fills a shop, so that all prices run out together, and then sends it clients.
pub(crate) async fn send<S: Shop>(name: &'static str, shop: S, origin: Arc<Origin>, start: Instant) -> Report {
    for product in 0..PRODUCTS {
        // What fails here fails for the clients, too.
        tower::ServiceExt::oneshot(shop.clone(), product).await.ok();
    }
    origin.is_free.store(false, Ordering::Relaxed);
    let ended = Arc::new(Mutex::new(Vec::new()));
    let (mut clients, mut ticks) = (JoinSet::new(), interval_at(start, Duration::from_secs(1) / 1_000));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for client in 0..SECONDS * CLIENTS_A_SECOND {
        ticks.tick().await;
        let (mut shop, ended) = (shop.clone(), Arc::clone(&ended));
        clients.spawn(async move {
            let began = now();
            let result: Result<_, Error> =
                async { tower::ServiceExt::ready(&mut shop).await?.call(product(client)).await }.await;
            let (at, took) = (began - start, now() - began);
            let age = result.ok().map(|price| now().saturating_duration_since(price.at));
            ended.lock().expect("no client panics under it").push(Ended { at, took, age });
        });
    }
    while clients.join_next().await.is_some() {}
    let ended = ended.lock().expect("no client panics under it");
    Report::of(name, &ended, origin.calls())
}

/// Which product a client asks for: all of them as often, in no order that can be seen.
fn product(client: u64) -> u32 {
    u32::try_from(client.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).map_or(0, |number| number % PRODUCTS)
}

impl Report {
    fn of(name: &'static str, ended: &[Ended], origin_calls: u64) -> Self {
        let stale = ended.iter().filter(|call| call.is_stale()).count();
        let failed = ended.iter().filter(|call| call.age.is_none()).count();
        let in_outage = ended.iter().filter(|call| call.is_stale() && DOWN.contains(&call.at));
        let mut times: Vec<_> = in_outage.map(|call| call.took).collect();
        times.sort_unstable();
        let stale_p99 = times.get((times.len() * 99 / 100).min(times.len().saturating_sub(1))).copied();
        Self { name, sent: ended.len(), good: ended.len() - stale - failed, stale, failed, origin_calls, stale_p99 }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, sent, good, stale, failed, origin_calls, stale_p99 } = self;
        write!(f, "{name}: sent={sent} good={good} stale={stale} failed={failed} origin_calls={origin_calls}")?;
        stale_p99.map_or(Ok(()), |p99| write!(f, "; stale answers in the outage: p99 {p99:?}"))
    }
}
