//! What hedges gain and cost, where one call in fifty is slow: none, ours, and tower's.

#![expect(clippy::disallowed_methods, reason = "it reads the paused clock")]

use std::convert::Infallible;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade::HedgeLayer;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tower::hedge::Hedge;
use tower::{BoxError, Layer, Service, ServiceExt};

use crate::peers::QUANTILE;
use crate::peers::tower::Hedged;

const QUICK: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_secs(1);
const ONE_IN: u64 = 50;

/// Twice the time that a call takes most often.
const DELAY: Duration = Duration::from_millis(20);

const RATE: u32 = 1_000;
const CALLS: u32 = 120 * RATE;

/// How long tower's counts before it reads what it has counted. Ours forgets after 30 s, and always reads the newest.
const PERIOD: Duration = Duration::from_secs(10);

const NOTES: &str = "
by quantile: a hedge waits for the time within which 95 % of the calls end. Ours hedges from the 20th call on, tower's from the end of
its first period, here 10 s: until then 1 of its calls in 50 is slow, which is 1 in 600 of all.
ours: it waits at most 5 % more than the quantile, in whole milliseconds, and spends a budget, which gains 0.1 a call. tower's has none.
fixed: nothing is measured. A hedge waits for twice the time that most calls take.";

/// Prints how long calls took, and how many were made for that.
pub fn measure() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a thread may have a runtime").block_on(table());
}

async fn table() {
    println!(
        "1 call in {ONE_IN} takes {SLOW:?}, the others {QUICK:?}; {RATE} calls/s, {CALLS} calls, in virtual time:"
    );
    println!("{:<20} {:>9} {:>9} {:>12}", "", "p99", "p99.9", "extra calls");
    print("none", |service| service).await;
    let ours = HedgeLayer::builder("quantile").build().expect("legal");
    print("ours, by quantile", |service| ours.layer(service)).await;
    let ours = HedgeLayer::builder("fixed").after(DELAY).build().expect("legal");
    print("ours, fixed, 20 ms", |service| ours.layer(service)).await;
    print("tower, by quantile", |service| Hedge::new(service, Hedged, 20, QUANTILE, PERIOD)).await;
    println!("{NOTES}");
}

async fn print<S>(name: &str, hedge: impl FnOnce(Uneven) -> S)
where
    S: Service<(), Error: Into<BoxError> + Send, Future: Send + 'static>,
{
    let service = Uneven::default();
    let attempts = Arc::clone(&service.attempts);
    let times = times(hedge(service)).await;
    let extra = f64::from(attempts.load(Relaxed) - CALLS) * 100.0 / f64::from(CALLS);
    let [p99, p999] = [times.len() * 99 / 100, times.len() * 999 / 1_000].map(|place| times[place]);
    println!("{name:<20} {:>9} {:>9} {extra:>11.2}%", format!("{p99:?}"), format!("{p999:?}"));
}

/// Sends calls at the rate, whatever becomes of those before, and says how long they took, the quickest first.
async fn times<S>(mut service: S) -> Vec<Duration>
where
    S: Service<(), Error: Into<BoxError> + Send, Future: Send + 'static>,
{
    let (start, mut calls) = (Instant::now(), JoinSet::new());
    for sent in 0..CALLS {
        let due = start + Duration::from_secs(1) * sent / RATE;
        sleep_until(due).await;
        let call = service.ready().await.map_err(Into::into).expect("it is ready").call(());
        calls.spawn(async move { call.await.is_ok().then(|| due.elapsed()) });
    }
    let mut times: Vec<_> = calls.join_all().await.into_iter().map(|took| took.expect("no call fails")).collect();
    times.sort_unstable();
    times
}

/// A service that takes long for some calls, by chance, and in each run for the same ones.
#[derive(Clone, Default)]
struct Uneven {
    attempts: Arc<AtomicU32>,
}

impl Service<()> for Uneven {
    type Response = ();
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<(), Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        let drawn = BuildHasherDefault::<DefaultHasher>::new().hash_one(self.attempts.fetch_add(1, Relaxed));
        let took = if drawn.is_multiple_of(ONE_IN) { SLOW } else { QUICK };
        Box::pin(async move {
            sleep(took).await;
            Ok(())
        })
    }
}
