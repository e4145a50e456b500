//! What a rate limit allocates.

use std::pin::pin;
use std::time::Duration;

use futures_util::poll;
use palisade::{Error, Outcome, Rate, RateLimitBuilder, RateLimitLayer};
use tokio::time::advance;
use tower::Layer;

use crate::allocations::claims::{Claims, call};
use crate::allocations::services::{Ask, End, Reply, inner};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];
const REJECTED: [(Ask, End); 1] = [(Ask::Good, End::Rejected)];
const SECOND: Duration = Duration::from_secs(1);

fn one_a_second() -> RateLimitBuilder {
    RateLimitLayer::builder("api", Rate::per_second(1))
}

pub(crate) async fn claim(claims: &mut Claims) {
    let service = &mut one_a_second().burst(10_000).build().unwrap().layer(inner());
    claims.calls("rate limit, passes", 0, service, GOOD).await;
    claims.calls("rate limit, passes, errors", 1, service, [(Ask::Break, End::Broken)]).await;
    let none = &mut RateLimitLayer::per_second(0).layer(inner());
    claims.calls("rate limit, rejected", 0, none, REJECTED).await;
    let throttled = |_: Result<&Reply, &Error>| Outcome::Throttled { retry_after: Some(SECOND) };
    let heeding = one_a_second().heed_throttling().classify(throttled).build().unwrap();
    let heeded = &mut heeding.layer(inner());
    let shut = async || {
        assert_eq!(call(heeded, Ask::Good).await, End::Good);
        advance(SECOND).await;
    };
    claims.each("rate limit, heeds the service", 0, shut).await;
    waits(claims).await;
    let keyed = one_a_second().burst(10_000).per_key(|_: &Ask| ()).build().unwrap();
    claims.calls("rate limit per key, passes", 0, &mut keyed.layer(inner()), GOOD).await;
    let keyed = RateLimitLayer::builder("api", Rate::per_second(0)).per_key(|_: &Ask| ()).build().unwrap();
    claims.calls("rate limit per key, rejected", 0, &mut keyed.layer(inner()), REJECTED).await;
}

async fn waits(claims: &mut Claims) {
    let layer = one_a_second().max_wait(SECOND).build().unwrap();
    let service = &mut layer.layer(inner());
    let passes = async || {
        let mut waiting = pin!(call(service, Ask::Good));
        if poll!(waiting.as_mut()).is_pending() {
            advance(SECOND).await;
            assert_eq!(waiting.await, End::Good);
        }
    };
    claims.each("rate limit, waits for its turn", 0, passes).await;
    let service = &mut layer.layer(inner());
    let leaves = async || {
        let mut waiting = pin!(call(service, Ask::Good));
        assert!(poll!(waiting.as_mut()).is_pending());
    };
    claims.each("rate limit, is dropped while it waits", 0, leaves).await;
    let soon = one_a_second().max_wait(SECOND / 2).build().unwrap();
    soon.handle().drain();
    claims.calls("rate limit, would wait too long", 0, &mut soon.layer(inner()), REJECTED).await;
}
