//! What calls hold, of each kind that can be held.

use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use palisade::test_util::{Reply, ScriptedService, assert_at_rest};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, CoalesceLayer, Error, MeasureLayer, MemoryStore, Rate, RateLimitLayer,
    Registry, Replicas, Saga,
};
use tokio_test::{assert_pending, task};
use tower::layer::layer_fn;
use tower::{Layer, ServiceBuilder, ServiceExt};

use crate::support::codec::Nothing;

const SECOND: Duration = Duration::from_secs(1);

fn hangs() -> ScriptedService<u32, Infallible> {
    ScriptedService::new(iter::repeat_with(|| Reply::Never))
}

/// What the assertion tells of a registry that is not at rest.
fn told(registry: &Registry) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| assert_at_rest(registry))).expect_err("it is at rest");
    *panic.downcast().expect("it has a text")
}

/// A row for each thing that calls can hold: a layer in a registry, how many calls hang in it, and what is told of it then.
macro_rules! held {
    ($($(#[$meta:meta])* $name:ident: $build:expr, $calls:literal, $told:literal;)+) => {
        $(
        $(#[$meta])*
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let (build, registry) = ($build, Registry::new());
            let layer = build(&registry).unwrap();
            let service = Layer::layer(&layer, hangs());
            assert_at_rest(&registry);
            let mut calls = [(); $calls].map(|()| task::spawn(service.clone().oneshot(7)));
            for call in &mut calls {
                assert_pending!(call.poll());
            }
            assert_eq!(told(&registry), concat!("not at rest: ", $told));
            drop((layer, service));
            assert_eq!(told(&registry), concat!("not at rest: ", $told), "calls outlive what they were made with");
            drop(calls);
            assert_at_rest(&registry);
        }
        )+
    };
}

held! {
    a_place: |registry| BulkheadLayer::builder(2).registry(registry).build(), 2, "bulkhead `bulkhead` (in_flight: 2)";
    a_seat: |registry| BulkheadLayer::builder(1).max_queue(1).registry(registry).build(), 2,
        "bulkhead `bulkhead` (in_flight: 1, queued: 1)";
    a_turn: |registry| {
        RateLimitLayer::builder("orders", Rate::per_second(1)).burst(1).max_wait(9 * SECOND).registry(registry).build()
    }, 3, "rate limit `orders` (waiting: 2)";
    a_probe: |registry| {
        let builder = CircuitBreakerLayer::builder("orders").consecutive(1).open_for(Backoff::none()).probes(3);
        builder.registry(registry).build().inspect(|layer| layer.handle().try_enter().unwrap().failure())
    }, 2, "circuit breaker `orders` (probing: 2)";
    a_measured_call: |registry| MeasureLayer::builder("orders").registry(registry).build(), 3,
        "measure `orders` (in_flight: 3)";
    a_shared_call: |registry| CoalesceLayer::builder("orders", |_: &u32| ()).registry(registry).build(), 3,
        "coalesce `orders` (flights: 1, waiting: 2)";
    #[cfg(feature = "moka")]
    a_fetch_for_a_cache: |registry| {
        palisade::CacheLayer::builder("orders", |request: &u32| *request).registry(registry).build()
    }, 2, "cache `orders` (flights: 1)";
    a_replica: |registry| {
        let replicas = Replicas::builder("orders").registry(registry).add("a", hangs()).add("b", hangs()).build();
        replicas.map(|replicas| layer_fn(move |_| replicas.clone()))
    }, 3, "replicas `orders` (in_flight: 3)";
    several_together: |registry| Ok::<_, Error>(
        ServiceBuilder::new()
            .layer(MeasureLayer::builder("orders").registry(registry).build().unwrap())
            .layer(BulkheadLayer::builder(1).registry(registry).build().unwrap())
            .into_inner()
    ), 1, "bulkhead `bulkhead` (in_flight: 1), measure `orders` (in_flight: 1)";
}

#[tokio::test(start_paused = true)]
async fn a_place_of_a_key() {
    let registry = Registry::new();
    let bulkheads = BulkheadLayer::builder(2).per_key(|_: &u32| ()).registry(&registry).build().unwrap();
    let mut calls = [7, 8].map(|request| task::spawn(bulkheads.layer(hangs()).oneshot(request)));
    for call in &mut calls {
        assert_pending!(call.poll());
    }
    assert_eq!(told(&registry), "not at rest: bulkhead `bulkhead` (in_flight: 2)");
    drop(calls);
    assert_at_rest(&registry);
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_a_key() {
    let registry = Registry::new();
    let circuits = CircuitBreakerLayer::builder("orders").consecutive(1).open_for(Backoff::none());
    let circuits = circuits.per_key(|request: &u32| *request).registry(&registry).build().unwrap();
    let script = iter::once(Reply::from(Err(io::Error::other("down")))).chain(iter::repeat_with(|| Reply::Never));
    let service = circuits.layer(ScriptedService::<u32, _>::new(script));
    service.clone().oneshot(7).await.unwrap_err();
    let mut probe = task::spawn(service.oneshot(7));
    assert_pending!(probe.poll());
    assert_eq!(told(&registry), "not at rest: circuit breaker `orders` (probing: 1)");
    drop(probe);
    assert_at_rest(&registry);
}

#[cfg(feature = "moka")]
#[tokio::test(start_paused = true)]
async fn a_refresh_of_a_cache_runs_on_when_its_caller_has_gone() {
    let registry = Registry::new();
    let cache = palisade::CacheLayer::builder("orders", |request: &u32| *request).ttl(SECOND).registry(&registry);
    let cache = cache.stale_while_revalidate(9 * SECOND).refresh_timeout(SECOND).build().unwrap();
    let script = iter::once(Reply::from(Ok(1))).chain(iter::repeat_with(|| Reply::Never));
    let service = cache.layer(ScriptedService::<u32, Infallible>::new(script));
    assert_eq!(service.clone().oneshot(7).await.unwrap(), 1);
    tokio::time::advance(2 * SECOND).await;
    assert_eq!(service.clone().oneshot(7).await.unwrap(), 1);
    assert_eq!(told(&registry), "not at rest: cache `orders` (flights: 1, refreshing: 1)");
    tokio::time::sleep(2 * SECOND).await;
    assert_at_rest(&registry);
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_somebody_runs() {
    let registry = Registry::new();
    let hangs = |(), _| pending::<Result<(), Infallible>>();
    let saga = Saga::builder("orders", Arc::new(MemoryStore::new()), Nothing).step("pay", hangs, hangs);
    let saga = saga.in_place().registry(&registry).build().unwrap();
    assert_at_rest(&registry);
    let mut call = task::spawn(saga.run("7", ()));
    assert_pending!(call.poll());
    assert_eq!(told(&registry), "not at rest: saga `orders` (running: 1)");
    drop(call);
    assert_at_rest(&registry);
}
