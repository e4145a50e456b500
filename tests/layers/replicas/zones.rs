//! Replicas of replicas: calls leave a zone that is not well, and come back.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use palisade::{Backoff, Judgement, RetryLayer};
use tower::ServiceBuilder;

use super::*;

/// A near zone in front of a far one. Calls leave the near one by its verdict alone.
fn zones(near: ReplicasBuilder<Inner>, far: &Inner) -> Replicas<Replicas<Inner>> {
    let near = near.build().expect(LEGAL);
    let far = Replicas::builder("far").add("a", far.clone()).needed(1).build().expect(LEGAL);
    let (near_handle, far_handle) = (near.handle(), far.handle());
    let zones = Replicas::builder("zones").without_consecutive();
    let zones = zones.replica(Replica::new("near", near).judge(near_handle));
    zones.replica(Replica::new("far", far).tier(1).judge(far_handle)).build().expect(LEGAL)
}

async fn call_zones(zones: &Replicas<Replicas<Inner>>, times: usize) {
    for _ in 0..times {
        zones.clone().oneshot(1).await.ok();
    }
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_used_again_once_its_judges_are_content() {
    let (inner, far, is_well) = (Inner::default(), Inner::default(), Arc::new(AtomicBool::new(false)));
    let asked = Arc::clone(&is_well);
    let judge = move || if asked.load(Relaxed) { Judgement::Healthy } else { Judgement::Unhealthy };
    let near = Replicas::builder("near").replica(Replica::new("a", inner.clone()).judge(judge)).needed(1);
    let zones = zones(near, &far);
    call_zones(&zones, 10).await;
    let before = inner.calls();
    assert!(far.calls() > 8);
    is_well.store(true, Relaxed);
    advance(100 * MILLI).await;
    call_zones(&zones, 10).await;
    assert_eq!(inner.calls(), before + 10);
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_left_is_looked_at_ten_times_a_second() {
    let (looks, far) = (Arc::<AtomicUsize>::default(), Inner::default());
    let counted = Arc::clone(&looks);
    let judge = move || {
        counted.fetch_add(1, Relaxed);
        Judgement::Unhealthy
    };
    let near = Replicas::builder("near").replica(Replica::new("a", Inner::default()).judge(judge)).needed(1);
    let zones = zones(near, &far);
    call_zones(&zones, 10).await;
    let before = looks.load(Relaxed);
    call_zones(&zones, 100).await;
    assert_eq!(looks.load(Relaxed), before);
    advance(100 * MILLI).await;
    call_zones(&zones, 100).await;
    assert_eq!(looks.load(Relaxed), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_zone_gets_a_call_where_a_trial_in_it_is_due() {
    let (inners, far) = ([Inner::failing(), Inner::default()], Inner::default());
    let zones = zones(named(&inners).policy(Policy::RoundRobin).needed(2), &far);
    call_zones(&zones, 20).await;
    assert_eq!(inners[0].calls(), 5);
    assert!(far.calls() > 8);
    inners[0].recover();
    advance(34 * SECOND).await;
    call_zones(&zones, 11).await;
    assert_eq!(inners[0].calls(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_retry_leaves_the_zone_only_if_it_is_around_all() {
    let retry = || RetryLayer::builder("orders").backoff(Backoff::none()).without_budget().build().unwrap();
    let near = |inner: &Inner| named(&[inner.clone(), Inner::default()]).policy(Policy::FailOver).build().unwrap();
    let (inner, far) = (Inner::failing(), Inner::default());
    let zones = Replicas::builder("zones").policy(Policy::FailOver).add("near", near(&inner)).add("far", near(&far));
    let around = ServiceBuilder::new().layer(retry()).service(zones.build().unwrap());
    around.oneshot(1).await.unwrap();
    assert_eq!((inner.calls(), far.calls()), (1, 1));
    let within = |inner| ServiceBuilder::new().layer(retry()).service(near(inner));
    let zones = Replicas::builder("zones").policy(Policy::FailOver);
    let within = zones.add("near", within(&inner)).add("far", within(&far)).build().unwrap();
    within.oneshot(1).await.unwrap();
    assert_eq!((inner.calls(), far.calls()), (2, 1));
}
