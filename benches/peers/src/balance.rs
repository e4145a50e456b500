//! Where calls go, when one of five replicas takes ten times as long as the others: ours, and tower's balancer by either of its loads.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use palisade::{Replica, Replicas, ReplicasBuilder};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::{CompleteOnResponse, PeakEwma, PendingRequests};
use tower::{BoxError, Service, ServiceExt, service_fn};

use crate::measure::runtime;

const REPLICAS: usize = 5;
const QUICK: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_millis(100);

const FOR: Duration = Duration::from_secs(10);

/// How calls come.
#[derive(Clone, Copy)]
enum Traffic {
    /// So many a second, whatever becomes of those before.
    Rate(u32),
    /// From so many callers. Each makes its next call when its last one has ended.
    Callers(usize),
}

const TRAFFIC: [Traffic; 5] =
    [Traffic::Rate(100), Traffic::Rate(1_000), Traffic::Rate(4_000), Traffic::Callers(8), Traffic::Callers(64)];

/// Prints which share of the calls the slow replica got: a fifth, where calls are spread evenly.
pub fn measure() {
    println!("the share that the one slow replica of {REPLICAS} has of the calls of {} s:", FOR.as_secs());
    println!("{:>12} {:>8} {:>15} {:>17}", "", "ours", "tower, pending", "tower, peak EWMA");
    for traffic in TRAFFIC {
        let [ours, pending, ewma] = runtime().block_on(shares(traffic));
        println!("{:>12} {ours:>7.2}% {pending:>14.2}% {ewma:>16.2}%", traffic.to_string());
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate(rate) => f.pad(&format!("{rate}/s")),
            Self::Callers(callers) => f.pad(&format!("{callers} callers")),
        }
    }
}

/// All three at once, so that noise meets all of them alike.
async fn shares(traffic: Traffic) -> [f64; 3] {
    let (ours, pending, ewma) = tokio::join!(of_ours(traffic), of_pending(traffic), of_ewma(traffic));
    [ours, pending, ewma]
}

async fn of_ours(traffic: Traffic) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow).enumerate().map(|(n, service)| Replica::new(n.to_string(), service));
    let replicas = all.fold(Replicas::builder("replicas"), ReplicasBuilder::replica).build().expect("legal");
    share(replicas, traffic, &slow).await
}

async fn of_pending(traffic: Traffic) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow).map(|service| PendingRequests::new(service, CompleteOnResponse::default()));
    share(Balance::new(ServiceList::new(all.collect::<Vec<_>>())), traffic, &slow).await
}

/// As tower's page has it: the first estimate 30 ms, forgotten within a second.
async fn of_ewma(traffic: Traffic) -> f64 {
    let slow = Arc::default();
    let all = replicas(&slow)
        .map(|service| PeakEwma::new(service, Duration::from_millis(30), 1e9, CompleteOnResponse::default()));
    share(Balance::new(ServiceList::new(all.collect::<Vec<_>>())), traffic, &slow).await
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

/// Sends calls, and says which share the slow one got, in percent.
async fn share<S>(mut service: S, traffic: Traffic, slow: &AtomicU32) -> f64
where
    S: Service<(), Response = (), Error: Into<BoxError> + Send, Future: Send + 'static>,
{
    let (start, mut calls, mut sent) = (Instant::now(), JoinSet::new(), 0);
    while start.elapsed() < FOR {
        match traffic {
            Traffic::Rate(rate) => sleep_until(start + Duration::from_secs(1) * sent / rate).await,
            Traffic::Callers(callers) if calls.len() < callers => {}
            Traffic::Callers(_) => {
                assert!(calls.join_next().await.is_some_and(|ended| is_good(&ended)), "a call failed");
            }
        }
        let call = service.ready().await.map_err(Into::into).expect("it is ready").call(());
        calls.spawn(async { call.await.is_ok() });
        sent += 1;
    }
    while let Some(ended) = calls.join_next().await {
        assert!(is_good(&ended), "a call failed");
    }
    f64::from(slow.load(Relaxed)) * 100.0 / f64::from(sent)
}

fn is_good(ended: &Result<bool, JoinError>) -> bool {
    matches!(ended, Ok(true))
}
