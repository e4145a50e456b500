//! The lab agrees with a run over sockets.

mod client;
mod server;

use std::time::Duration;

use palisade::{BulkheadLayer, CircuitBreakerLayer, RetryLayer, TimeoutLayer};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use self::client::Caller;
use self::server::{Fate, Server};

const WORKERS: usize = 8;

fn script(at: Duration) -> Fate {
    match at.as_secs_f64() {
        6.0..10.0 => Fate::Refused,
        14.0..16.0 => Fate::Worked(Duration::from_millis(100)),
        _ => Fate::Worked(Duration::from_millis(50)),
    }
}

fn arrivals(seed: u64) -> Vec<Duration> {
    use rand::{RngExt, SeedableRng};
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    let (mut at, mut all) = (0.0, Vec::new());
    loop {
        at -= (1.0 - random.random::<f64>()).ln() / 100.0;
        if at > 20.0 {
            return all;
        }
        all.push(Duration::from_secs_f64(at));
    }
}

async fn real(seed: u64) -> (u64, u64) {
    let start = palisade::Deadline::after(Duration::from_millis(100)).instant();
    let server = Server::start(WORKERS, script, start).await;
    let caller = Caller::new(&server.url);
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(3)))
        .layer(RetryLayer::builder("service").seed(seed).build().unwrap())
        .layer(CircuitBreakerLayer::builder("service").seed(seed).build().unwrap())
        .layer(BulkheadLayer::new(64))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(service_fn(move |_: u64| {
            let caller = caller.clone();
            async move { if caller.call().await? { Ok(()) } else { Err(palisade::Error::from(BoxError::from("503"))) } }
        }));
    let mut calls = JoinSet::new();
    for (call, at) in arrivals(seed).into_iter().enumerate() {
        sleep_until(start + at).await;
        let stack = stack.clone();
        calls.spawn(async move { stack.oneshot(call as u64).await.is_ok() });
    }
    let good = calls.join_all().await.into_iter().filter(|good| *good).count() as u64;
    (good, server.sent())
}

#[tokio::test]
async fn try_it() {
    println!("{}", arrivals(1).len());
    println!("{:?}", real(1).await);
}
