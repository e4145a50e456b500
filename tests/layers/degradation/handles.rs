//! The signals that handles give.

use std::future::ready;

use futures_util::FutureExt;
use palisade::objective::BurnWindow;
use palisade::{
    Budget, BulkheadLayer, CircuitBreakerLayer, Health, HealthCheck, Judgement, Objective, Outcome, Rate,
    RateLimitLayer, Registry, Replicas, ThrottleLayer,
};
use tower::{Layer, ServiceExt};

use super::*;
use crate::support::Down;
use crate::support::services::{down, up};

#[test]
fn a_circuit_is_1_while_it_is_open() {
    let circuit = CircuitBreakerLayer::builder("search").consecutive(1).build().unwrap().handle();
    let signal = circuit.signal();
    assert_eq!(signal(), 0.0);
    circuit.try_enter().unwrap().failure();
    assert_eq!(signal(), 1.0);
    circuit.force_closed();
    assert_eq!(signal(), 0.0);
    circuit.force_open();
    assert_eq!(signal(), 1.0);
}

#[test]
fn circuits_of_keys_are_the_share_that_is_open() {
    let layer = CircuitBreakerLayer::builder("search").per_key(|key: &u32| *key).build().unwrap();
    let signal = layer.handle().signal();
    assert_eq!(signal(), 0.0, "there are no keys");
    for key in 0..4 {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    layer.handle().get(&2).unwrap().force_open();
    assert_eq!(signal(), 0.25);
}

#[test]
fn a_bulkhead_is_the_share_of_its_places_that_are_taken() {
    let bulkhead = BulkheadLayer::new(4).handle();
    let signal = bulkhead.signal();
    let places = [(); 3].map(|()| bulkhead.try_enter().unwrap());
    assert_eq!(signal(), 0.75);
    bulkhead.resize(0);
    assert_eq!(signal(), 1.0);
    bulkhead.resize(usize::MAX);
    drop(places);
    assert_eq!(signal(), 0.0);
}

#[test]
fn a_rate_limit_is_the_share_of_its_burst_that_is_used() {
    paused(async {
        let limit = RateLimitLayer::builder("places", Rate::per_second(1)).burst(4).build().unwrap().handle();
        let signal = limit.signal();
        assert_eq!(signal(), 0.0);
        limit.try_enter_many(3).unwrap();
        assert_eq!(signal(), 0.75);
        advance(SECOND).await;
        assert_eq!(signal(), 0.5);
    });
}

#[test]
fn a_throttle_is_its_greatest_probability() {
    let throttle = ThrottleLayer::builder("search").build().unwrap().handle();
    let signal = throttle.signal();
    assert_eq!(signal(), 0.0);
    throttle.try_enter().unwrap().failure();
    assert_eq!(signal(), 0.5);
}

#[test]
fn a_budget_is_the_share_of_its_tokens_that_is_used() {
    paused(async {
        let budget = Budget::builder().capacity(4).ratio(0.0).per_second(0.0).build().unwrap();
        let signal = budget.signal();
        assert_eq!(signal(), 0.0);
        let retry = palisade::RetryLayer::builder("search").max_attempts(4).budget(budget.clone()).build().unwrap();
        retry.layer(down()).oneshot(1).await.unwrap_err();
        assert_eq!((signal(), budget.available()), (0.75, 1));
    });
}

#[test]
fn an_objective_is_what_is_used_of_its_budget_or_how_fast() {
    paused(async {
        let objective = Objective::builder("checkout").availability(0.5).over_days(3).build().unwrap();
        let (used, burn) = (objective.signal(), objective.burn_signal(BurnWindow::Hour, 4.0));
        assert_eq!((used(), burn()), (0.0, 0.0));
        for outcome in [Outcome::Success, Outcome::Success, Outcome::Success, Outcome::Failed] {
            objective.record(outcome, SECOND);
        }
        assert_eq!((used(), burn()), (0.5, 0.125));
        objective.record(Outcome::Failed, SECOND);
        objective.record(Outcome::Failed, SECOND);
        assert_eq!((used(), burn()), (1.0, 0.25));
    });
}

#[test]
fn replicas_are_the_share_that_is_not_healthy() {
    let is_down = Arc::new(AtomicUsize::new(0));
    let judge = |number: usize| {
        let is_down = Arc::clone(&is_down);
        move || if number < is_down.load(Ordering::SeqCst) { Judgement::Unhealthy } else { Judgement::Healthy }
    };
    let replica = |name: &'static str, number| palisade::Replica::new(name, up::<u32>()).judge(judge(number));
    let builder = Replicas::builder("search").replica(replica("a", 0)).replica(replica("b", 1));
    let handle = builder.build().unwrap().handle();
    let signal = handle.signal();
    let mut seen = Vec::new();
    for down in 0..3 {
        is_down.store(down, Ordering::SeqCst);
        seen.push(signal());
    }
    assert_eq!(seen, [0.0, 0.5, 1.0]);
}

#[test]
fn health_is_0_or_a_half_or_1() {
    paused(async {
        let check = HealthCheck::builder("database", || ready(Err::<(), _>(Down(1)))).build().unwrap();
        let registry = Registry::new();
        let degrading = Health::builder().registry(&registry).degrading(&check).build().unwrap();
        let critical = Health::builder().registry(&registry).critical(&check).build().unwrap();
        let signals = [degrading.signal(), critical.signal()];
        assert_eq!(signals.each_ref().map(|signal| signal()), [0.0, 0.0], "there is no result");
        let task = tokio::spawn(check.run());
        tokio::task::yield_now().await;
        assert_eq!(signals.each_ref().map(|signal| signal()), [0.5, 1.0]);
        task.abort();
        degrading.drain();
        assert_eq!(signals[0](), 1.0);
    });
}

#[cfg(feature = "serde")]
#[test]
fn dead_letters_are_how_full_their_queue_is() {
    use palisade::store::Json;
    use palisade::{DeadLetterLayer, DeadLetters, MemoryStore};

    paused(async {
        let builder = DeadLetters::builder("orders", Arc::new(MemoryStore::new()), Json).capacity(4);
        let letters: DeadLetters<u32> = builder.open().await.unwrap();
        let signal = letters.signal();
        assert_eq!(signal(), 0.0);
        let layer = DeadLetterLayer::new(letters.clone());
        layer.layer(down()).oneshot(1).await.unwrap_err();
        assert_eq!((letters.waiting(), signal()), (1, 0.25));
    });
}

/// What holds an instance while its degradation lives is the handle in the signal, as any handle does.
#[test]
fn what_a_signal_watches_goes_with_the_degradation() {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("search").registry(&registry).build().unwrap().handle();
    let mode = at_once("degraded").signal("search", circuit.signal());
    let degradation = shop().mode(mode).registry(&registry).build().unwrap();
    drop(circuit);
    assert_eq!(registry.instances().len(), 2);
    drop(degradation);
    assert!(registry.instances().is_empty());
}
