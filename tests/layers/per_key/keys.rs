//! Each key has a circuit of its own.

use std::iter::repeat;

use super::*;

#[tokio::test(start_paused = true)]
async fn keys_do_not_see_each_others_failures() {
    let layer = breakers();
    trip(&layer, 1).await;
    let service = inner();
    let calls = service.calls();
    let rejected = layer.layer(service).oneshot(Answer(1)).await;
    assert_eq!((reason(&rejected), calls.count()), (Some(RejectionReason::CircuitOpen), 0));
    answer(&layer, [2]).await;
    assert_eq!([1, 2].map(|host| phase(&layer.handle(), host)), [Some(Phase::Open), Some(Phase::Closed)]);
}

#[tokio::test(start_paused = true)]
async fn services_of_a_layer_and_its_clones_share_a_keys_circuit() {
    let layer = breakers();
    let mut service = layer.layer(inner());
    let mut cloned = service.clone();
    let mut other = layer.clone().layer(inner());
    service.ready().await.unwrap().call(Fail(1)).await.unwrap_err();
    cloned.ready().await.unwrap().call(Fail(1)).await.unwrap_err();
    assert_eq!(reason(&other.ready().await.unwrap().call(Answer(1)).await), Some(RejectionReason::CircuitOpen));
}

/// The strict service panics when a clone of it is called without having been polled ready.
#[tokio::test(start_paused = true)]
async fn only_a_service_that_was_polled_ready_is_called() {
    let service = inner();
    let calls = service.calls();
    let mut first = breakers().layer(service);
    first.ready().await.unwrap();
    let mut second = first.clone();
    second.ready().await.unwrap().call(Answer(1)).await.unwrap();
    first.call(Answer(1)).await.unwrap();
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_asks_for_no_readiness_beside_the_callers() {
    let gate = inner();
    breakers().layer(gate.clone()).oneshot(Answer(1)).await.unwrap();
    assert_eq!(gate.polls().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_passed_on_and_is_no_keys() {
    let layer = breakers();
    answer(&layer, [1]).await;
    for _ in 0..2 {
        let error = layer.layer(inner().readiness(repeat(FAILS))).oneshot(Answer(1)).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(3)));
    }
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn the_handle_knows_the_keys_that_calls_came_for() {
    let layer = breakers();
    let handle = layer.handle();
    assert_eq!((handle.name().as_str(), handle.capacity()), ("upstream", 2));
    assert!(handle.is_empty() && handle.get(&1).is_none());
    answer(&layer, [1, 2]).await;
    assert_eq!((handle.len(), sorted(&handle), handle.is_empty()), (2, vec![1, 2], false));
    assert!(handle.get(&3).is_none());
}

#[test]
fn a_name_may_be_set_after_the_key() {
    let layer = builder().name(Name::new("renamed").unwrap()).build().unwrap();
    assert_eq!(layer.handle().name().as_str(), "renamed");
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_key_steers_its_circuit_and_no_other() {
    let layer = breakers();
    answer(&layer, [1, 2]).await;
    layer.handle().get(&1).unwrap().force_open();
    assert_eq!(reason(&ask(&layer, Answer(1)).await), Some(RejectionReason::ForcedOpen));
    answer(&layer, [2]).await;
}

#[tokio::test(start_paused = true)]
async fn a_circuit_of_a_key_begins_when_its_first_call_comes() {
    let layer = breakers();
    advance(OPEN).await;
    answer(&layer, [1]).await;
    assert_eq!(layer.handle().get(&1).unwrap().snapshot().since, now());
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_window_is_each_keys_own() {
    let rate = || CircuitBreakerLayer::builder("upstream").min_calls(3);
    for pattern in [rate(), rate().count_window(3), rate().time_window(SECOND, 10), rate().slow_rate(0.5, SECOND)] {
        let layer = pattern.per_key(host as Host).build().unwrap();
        advance(OPEN).await;
        for host in [1, 2, 1, 2] {
            ask(&layer, Fail(host)).await.unwrap_err();
        }
        let counts = |host| layer.handle().get(&host).map(|circuit| circuit.snapshot().counts.failures);
        assert_eq!([counts(1), counts(2)], [Some(2), Some(2)], "{layer:?}");
        ask(&layer, Fail(1)).await.unwrap_err();
        assert_eq!([1, 2].map(|host| phase(&layer.handle(), host)), [Some(Phase::Open), Some(Phase::Closed)]);
    }
}

/// How long the circuits of ten keys stay open.
async fn open_times(seed: u64) -> Vec<Duration> {
    let backoff = Backoff::constant(OPEN).jitter(Jitter::Full);
    let layer = pattern().open_for(backoff).seed(seed).per_key(host as Host).build().expect("its settings are legal");
    let mut times = Vec::new();
    for host in 0..10 {
        trip(&layer, host).await;
        times.extend(layer.handle().get(&host).and_then(|circuit| circuit.snapshot().retry_after));
    }
    times
}

#[tokio::test(start_paused = true)]
async fn keys_draw_their_own_jitter_and_the_same_by_the_same_seed() {
    let mut times = open_times(1).await;
    assert_eq!(times, open_times(1).await);
    assert_ne!(times, open_times(2).await);
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 10);
}
