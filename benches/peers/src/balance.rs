//! Where calls go, when one of five replicas takes ten times as long as the others: ours, and tower's balancer by either of its loads.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use palisade::{Replica, Replicas, ReplicasBuilder};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma, PendingRequests};
use tower::{BoxError, Service, ServiceExt, service_fn};

use crate::measure::runtime;

const REPLICAS: usize = 5;
const QUICK: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_millis(100);

/// Calls a second.
const RATES: [u32; 3] = [100, 1_000, 4_000];
const SECONDS: u32 = 10;

/// Prints which share of the calls the slow replica got: a fifth, where calls are spread evenly.
pub fn measure() {
    println!("calls a second, and the share of the one slow replica of {REPLICAS}:");
    println!("{:>6} {:>8} {:>15} {:>17}", "", "ours", "tower, pending", "tower, peak EWMA");
    for rate in RATES {
        let [ours, pending, ewma] = runtime().block_on(shares(rate));
        println!("{rate:>6} {ours:>7.2}% {pending:>14.2}% {ewma:>16.2}%");
    }
}

/// All three at once, so that noise meets all of them alike.
async fn shares(rate: u32) -> [f64; 3] {
    let (ours, pending, ewma) = tokio::join!(of_ours(rate), of_pending(rate), of_ewma(rate));
    [ours, pending, ewma]
}

async fn of_ours(rate: u32) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow).enumerate().map(|(n, service)| Replica::new(n.to_string(), service));
    let replicas = all.fold(Replicas::builder("replicas"), ReplicasBuilder::replica).build().expect("legal");
    share(replicas, rate, &slow).await
}

async fn of_pending(rate: u32) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow).map(|service| PendingRequests::new(service, CompleteOnResponse::default()));
    share(Balance::new(ServiceList::new(all.collect::<Vec<_>>())), rate, &slow).await
}

/// As tower's page has it: the first estimate 30 ms, forgotten within a second.
async fn of_ewma(rate: u32) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow)
        .map(|service| PeakEwma::new(service, Duration::from_millis(30), 1e9, CompleteOnResponse::default()));
    share(Balance::new(ServiceList::new(all.collect::<Vec<_>>())), rate, &slow).await
}

type Answer = Pin<Box<dyn Future<Output = Result<(), Infallible>> + Send>>;

/// The first is slow, and counts its calls.
fn replicas(
    slow: &Arc<AtomicU32>,
) -> impl Iterator<Item = impl Service<(), Response = (), Error = Infallible, Future = Answer> + Clone + Send + 'static>
{
    let slow = Arc::clone(slow);
    (0..REPLICAS).map(move |number| {
        let slow = Arc::clone(&slow);
        service_fn(move |()| -> Answer {
            let took = if number == 0 { SLOW } else { QUICK };
            slow.fetch_add(u32::from(number == 0), Relaxed);
            Box::pin(async move {
                sleep(took).await;
                Ok(())
            })
        })
    })
}

/// Sends calls at a steady rate, whatever becomes of those before, and says which share the slow one got, in percent.
async fn share<S>(mut service: S, rate: u32, slow: &AtomicU32) -> f64
where
    S: Service<(), Response = (), Error: Into<BoxError> + Send, Future: Send + 'static>,
{
    let (start, mut calls) = (Instant::now(), JoinSet::new());
    for number in 0..rate * SECONDS {
        sleep_until(start + Duration::from_secs(1) * number / rate).await;
        let call = service.ready().await.map_err(Into::into).expect("it is ready").call(());
        calls.spawn(async { call.await.is_ok() });
    }
    assert!(calls.join_all().await.into_iter().all(|good| good), "a call failed");
    f64::from(slow.load(Relaxed)) * 100.0 / f64::from(rate * SECONDS)
}
