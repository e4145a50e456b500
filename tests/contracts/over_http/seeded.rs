//! With a seed and a paused clock, every run of an HTTP stack is the same.

use crate::support::now;
use std::time::Duration;

use http::Request;
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, Jitter, RetryLayer, TimeoutLayer,
    http::{AnswerLayer, DeadlineLayer, ReplayBody, host},
};
use tower::{ServiceBuilder, ServiceExt};

use super::{
    calls::read,
    server::At,
    stacks::{Http, Plain, WAIT, boxed, server},
};
use crate::{
    inner::{
        Answer::{self, After, Echo, Never},
        Inner,
    },
    remains::Tallies,
    support::{
        Down,
        events::{Events, Recorded},
    },
};

const SECOND: Duration = Duration::from_secs(1);
const CALLS: usize = 40;

/// Answers, refuses, breaks and hangs by turns.
fn plan() -> impl Iterator<Item = Answer> {
    let turns = [Echo, After(1, Ok(503)), After(2, Err(Down(1))), After(0, Ok(429)), Never, Echo, After(0, Ok(500))];
    turns.into_iter().cycle().take(4 * CALLS)
}

fn stack(seed: u64, at: At) -> impl Http {
    let backoff = Backoff::exponential(SECOND / 20, SECOND * 5).jitter(Jitter::Full);
    let circuit = CircuitBreakerLayer::http("circuit").consecutive(3).open_for(backoff).seed(seed);
    let retry = RetryLayer::http::<ReplayBody<Plain>>("retry").backoff(backoff).without_budget().seed(seed);
    let places = BulkheadLayer::http(4).max_queue(4).per_key(host::<ReplayBody<Plain>>);
    ServiceBuilder::new()
        .map_response(boxed)
        .map_err(|never| match never {})
        .layer(AnswerLayer::http())
        .layer(DeadlineLayer::header(WAIT))
        .layer(retry.build().unwrap())
        .layer(circuit.per_key(host::<ReplayBody<Plain>>).build().unwrap())
        .layer(places.build().unwrap())
        .layer(TimeoutLayer::http(SECOND))
        .service(server(Inner::default().answers(plan()), at, &Tallies::default()))
}

/// What each call of a run came to and when, and all events.
async fn run(seed: u64, at: At) -> (Vec<(Duration, String)>, Vec<Recorded>) {
    let (service, events, start) = (stack(seed, at), Events::record(), now());
    let mut told = Vec::new();
    for call in 0..CALLS {
        let uri = format!("http://host-{}/", call % 2);
        let request = Request::get(uri).header(WAIT, "10000").body(Plain::default()).unwrap();
        let end = read(service.clone().oneshot(request).await.unwrap()).await;
        told.push((now() - start, format!("{end:?}")));
        tokio::time::advance(SECOND / 10).await;
    }
    (told, events.all())
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    for at in [At::Head, At::Body] {
        for seed in [0, 42, u64::MAX] {
            let (first, second) = (run(seed, at).await, run(seed, at).await);
            assert_eq!(first.0, second.0);
            assert_eq!(first.1, second.1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_seed_gives_another_run() {
    assert_ne!(run(1, At::Head).await.0, run(2, At::Head).await.0);
}

#[tokio::test(start_paused = true)]
async fn a_run_has_retries_and_opens_circuits() {
    let (_, events) = run(1, At::Head).await;
    for target in ["palisade::retry", "palisade::circuit_breaker", "palisade::timeout"] {
        assert!(events.iter().any(|event| event.target == target), "no event of {target}");
    }
}
