//! What a clone of a service allocates.

use std::hint::black_box;
use std::time::Duration;

use palisade::{BulkheadLayer, CircuitBreakerLayer, FallbackLayer, RetryLayer, TimeoutLayer};
use tower::{Layer, ServiceBuilder};

use crate::allocations::claims::Claims;
use crate::allocations::services::{Reply, inner};

const LIMIT: Duration = Duration::from_secs(1);

pub(crate) async fn claim(claims: &mut Claims) {
    let breaker = CircuitBreakerLayer::builder("breaker").build().unwrap();
    let retry = RetryLayer::builder("retry").build().unwrap();
    let queue = BulkheadLayer::builder(1).max_wait(LIMIT).build().unwrap();
    cloned(claims, "breaker", breaker.layer(inner())).await;
    cloned(claims, "retry", retry.layer(inner())).await;
    cloned(claims, "timeout", TimeoutLayer::new(LIMIT).layer(inner())).await;
    cloned(claims, "bulkhead", BulkheadLayer::new(1).layer(inner())).await;
    cloned(claims, "bulkhead with a queue", queue.layer(inner())).await;
    cloned(claims, "fallback", FallbackLayer::value(Reply::Fallback).layer(inner())).await;
    let stack = ServiceBuilder::new()
        .layer(FallbackLayer::value(Reply::Fallback))
        .layer(TimeoutLayer::new(LIMIT))
        .layer(retry)
        .layer(breaker)
        .layer(queue)
        .service(inner());
    cloned(claims, "stack", stack).await;
    cloned(claims, "fallback by an answer with something in it", FallbackLayer::value(vec![1])).await;
}

/// More clones than a thread keeps spares of what they share.
async fn cloned<S: Clone>(claims: &mut Claims, name: &str, service: S) {
    let round = async || {
        let clones: [S; 16] = std::array::from_fn(|_| service.clone());
        black_box(&clones);
    };
    claims.each(&format!("{name}, cloned"), 0, round).await;
}
