//! How much is taken of what lets calls pass.

use super::*;

fn saturation(registry: &Registry, kind: &str) -> Option<f64> {
    value(registry, "palisade_saturation", "seen", &[kind])
}

#[test]
fn a_bulkhead_is_as_saturated_as_its_places_are_taken() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(4).name(name("seen")).registry(&registry).build().unwrap();
    let shown = || saturation(&registry, "bulkhead");
    assert_eq!(shown(), Some(0.0));
    let places = [(); 3].map(|()| layer.handle().try_enter().unwrap());
    assert_eq!(shown(), Some(0.75));
    layer.handle().resize(2);
    assert_eq!(shown(), Some(1.0), "more calls than places");
    layer.handle().resize(0);
    assert_eq!(shown(), None, "no places");
    drop((places, layer));
    assert_eq!(shown(), None, "no bulkhead");
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_are_no_more_than_all_places() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(1).name(name("seen")).max_queue(1).registry(&registry).build().unwrap();
    let mut service = layer.layer(hung());
    let _calls = [begin(&mut service, 1), begin(&mut service, 1)];
    assert_eq!(saturation(&registry, "bulkhead"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_as_saturated_as_its_burst_is_taken() {
    let registry = Registry::new();
    let layer = RateLimitLayer::builder("seen", Rate::per_second(4)).registry(&registry).build().unwrap();
    let shown = || saturation(&registry, "rate limit");
    assert_eq!(shown(), Some(0.0));
    for _ in 0..3 {
        layer.layer(up()).oneshot(1).await.unwrap();
    }
    assert_eq!(shown(), Some(0.75));
    advance(SECOND).await;
    assert_eq!(shown(), Some(0.0));
}

#[test]
fn two_kinds_of_one_name_are_told_apart() {
    let registry = Registry::new();
    let places = bulkhead(&registry, "seen");
    let _rate = RateLimitLayer::builder("seen", Rate::per_second(4)).registry(&registry).build().unwrap();
    let _place = places.handle().try_enter().unwrap();
    assert_eq!(["bulkhead", "rate limit"].map(|kind| saturation(&registry, kind)), [Some(1.0), Some(0.0)]);
}

/// The limits of all keys together, as those of all instances.
#[test]
fn of_several_bulkheads_all_places_count() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(2).name(name("seen")).registry(&registry).per_key(|key: &u32| *key);
    let layer = layer.build().unwrap();
    for key in 0..2 {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    let _place = layer.handle().get(&1).unwrap().try_enter().unwrap();
    assert_eq!(saturation(&registry, "bulkhead"), Some(0.25));
}
