//! What a hand does to replicas while the service runs.

use std::sync::Arc;
use std::task::Poll;

use palisade::{BulkheadLayer, Judgement};
use tower::{Layer, service_fn};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_drained_replica_gets_no_calls_and_ends_those_it_has() {
    let inners = [Inner::default().answers([Answer::Held(Ok(5))]), Inner::default()];
    let service = in_order(&inners).build().unwrap();
    let handle = service.handle();
    let mut held = begin(&service);
    assert!(handle.drain("a"));
    let mut drained = spawn(handle.drained("a"));
    assert!(drained.poll().is_pending());
    call(&service, 3).await;
    assert_eq!(calls(&inners), [1, 3]);
    inners[0].release();
    assert!(held.poll().is_ready());
    assert!(drained.is_woken() && drained.poll().is_ready());
    assert!(handle.undrain("a"));
    handle.promote("a");
    call(&service, 3).await;
    assert_eq!(calls(&inners), [4, 3]);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_replica_that_is_not_there_returns_at_once() {
    let service = in_order(&[Inner::default()]).build().unwrap();
    service.handle().drained("b").await;
    assert!(service.handle().drain("a"));
    service.handle().drained("a").await;
}

#[tokio::test(start_paused = true)]
async fn calls_are_rejected_where_all_are_drained() {
    let inners = [(); 2].map(|()| Inner::default());
    for builder in [in_order(&inners), named(&inners)] {
        let service = builder.build().unwrap();
        for name in ["a", "b"] {
            assert!(service.handle().drain(name));
        }
        assert_eq!(reason(&service.oneshot(1).await), Some(RejectionReason::NoReplica));
    }
    assert_eq!(calls(&inners), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_removed_ends_its_calls() {
    let inners = [Inner::default().answers([Answer::Held(Ok(5))]), Inner::default()];
    let service = in_order(&inners).build().unwrap();
    let handle = service.handle();
    let mut held = begin(&service);
    let mut drained = spawn(handle.drained("a"));
    assert!(drained.poll().is_pending());
    assert!(handle.remove("a") && !handle.remove("a"));
    call(&service, 3).await;
    assert_eq!((calls(&inners), handle.snapshot().replicas.len()), (vec![1, 3], 1));
    inners[0].release();
    assert!(held.poll().is_ready() && drained.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn the_service_of_a_removed_replica_goes_at_the_next_call() {
    let kept = [Arc::new(()), Arc::new(())];
    let service = |kept: &Arc<()>| {
        let kept = Arc::clone(kept);
        service_fn(move |_: u32| {
            let strong = Arc::strong_count(&kept);
            async move { Ok::<_, Error>(strong) }
        })
    };
    let replicas = Replicas::builder("orders").add("a", service(&kept[0])).add("b", service(&kept[1])).build().unwrap();
    let mut clone = replicas.clone();
    replicas.handle().remove("a");
    assert!(Arc::strong_count(&kept[0]) > 1);
    replicas.oneshot(1).await.unwrap();
    clone.ready().await.unwrap().call(1).await.unwrap();
    assert_eq!(Arc::strong_count(&kept[0]), 1);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_added_serves_all_clones() {
    let inners = [(); 2].map(|()| Inner::default());
    let service = named(&inners[..1]).policy(Policy::RoundRobin).build().unwrap();
    let clone = service.clone();
    service.add("b", inners[1].clone()).unwrap();
    call(&clone, 4).await;
    assert_eq!(calls(&inners), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_comes_back_under_its_name_is_a_new_one() {
    let service = in_order(&[Inner::default()]).build().unwrap();
    call(&service, 3).await;
    let again = service.add("a", Inner::default()).unwrap_err();
    assert_eq!((again.setting(), again.legal()), ("replica", "a name that no other has"));
    assert!(again.to_string().contains("replicas `orders`"), "{again}");
    service.handle().remove("a");
    service.add("a", Inner::default()).unwrap();
    assert_eq!(service.handle().snapshot().replicas[0].calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_promoted_replica_takes_the_calls() {
    let inners = [(); 3].map(|()| Inner::default());
    let service = in_order(&inners).build().unwrap();
    call(&service, 1).await;
    assert!(service.handle().promote("c"));
    call(&service, 2).await;
    assert_eq!(calls(&inners), [1, 0, 2]);
    let snapshot = service.handle().snapshot();
    assert!(snapshot.replicas.iter().all(|replica| replica.is_in_use == (&*replica.name == "c")));
}

#[tokio::test(start_paused = true)]
async fn calls_fail_over_and_back_after_a_while() {
    let inners = [(); 2].map(|()| Inner::default());
    let service = in_order(&inners).build().unwrap();
    let handle = service.handle();
    call(&service, 1).await;
    handle.eject("a");
    call(&service, 1).await;
    handle.readmit("a");
    advance(29 * SECOND).await;
    call(&service, 1).await;
    assert_eq!(calls(&inners), [1, 2]);
    advance(SECOND).await;
    call(&service, 1).await;
    assert_eq!(calls(&inners), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_weight_of_zero_takes_a_replica_out_until_it_has_another() {
    let inners = [(); 2].map(|()| Inner::default());
    let service = named(&inners).policy(Policy::RoundRobin).build().unwrap();
    let handle = service.handle();
    assert_eq!(handle.set_weight("a", 0), Ok(true));
    call(&service, 4).await;
    assert_eq!(calls(&inners), [0, 4]);
    assert_eq!(handle.set_weight("a", 3), Ok(true));
    call(&service, 8).await;
    assert_eq!(calls(&inners), [6, 6]);
    assert_eq!(handle.set_weight("a", 1_000_001).unwrap_err().setting(), "weight");
}

#[tokio::test(start_paused = true)]
async fn replicas_that_all_weigh_nothing_take_no_call() {
    let inner = Inner::default();
    for policy in [Policy::FailOver, Policy::RoundRobin, Policy::LeastLoaded] {
        let replicas = ["a", "b"].map(|name| Replica::new(name, inner.clone()).weight(0));
        let builder = replicas.into_iter().fold(Replicas::builder("orders"), ReplicasBuilder::replica);
        let service = builder.policy(policy).build().unwrap();
        assert_eq!(reason(&service.oneshot(1).await), Some(RejectionReason::NoReplica), "{policy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_hand_finds_a_replica_that_is_not_there() {
    let handle = in_order(&[Inner::default()]).build().unwrap().handle();
    let found = [handle.remove("z"), handle.drain("z"), handle.undrain("z"), handle.promote("z"), handle.eject("z")];
    assert_eq!((found, handle.readmit("z"), handle.set_weight("z", 1)), ([false; 5], false, Ok(false)));
}

#[tokio::test(start_paused = true)]
async fn the_verdict_says_what_is_missing() {
    let inners = [(); 3].map(|()| Inner::default());
    let service = named(&inners).needed(2).spares(1).build().unwrap();
    let handle = service.handle();
    let verdict = || handle.verdict().as_str();
    assert_eq!(verdict(), "healthy");
    handle.eject("a");
    assert_eq!(verdict(), "degraded");
    handle.eject("b");
    assert_eq!(verdict(), "unhealthy");
    handle.readmit("b");
    handle.readmit("a");
    assert_eq!(verdict(), "healthy");
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_replicas_are_all_removed_goes_to_a_new_one() {
    let stalled = || Inner::default().ever(Readiness::Stalled);
    for inners in [vec![stalled()], vec![stalled(), Inner::default()]] {
        let service = in_order(&inners).ready_within(SECOND).build().unwrap();
        let mut call = begin(&service);
        for name in ["a", "b"] {
            service.handle().remove(name);
        }
        let new = Inner::default();
        service.add("c", new.clone()).unwrap();
        advance(SECOND).await;
        assert!(matches!(call.poll(), Poll::Ready(Ok(1))));
        assert_eq!((calls(&inners), new.calls()), (vec![0; inners.len()], 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_rejected_goes_on_to_a_replica_that_came() {
    let inner = Inner::default();
    let limited = |places| BulkheadLayer::new(places).layer(inner.clone());
    let builder = Replicas::builder("orders").policy(Policy::FailOver);
    let service = builder.add("a", limited(0)).add("b", limited(0)).build().unwrap();
    let call = service.clone().call(1);
    service.handle().remove("b");
    service.add("c", limited(1)).unwrap();
    assert_eq!((call.await.unwrap(), inner.calls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_judge_is_asked_under_a_lock_of_the_replicas() {
    let service = in_order(&[Inner::default()]).build().unwrap();
    let clone = service.clone();
    let judge = move || {
        // The lock would be taken twice by one thread.
        drop(spawn(clone.clone().call(1)).poll());
        Judgement::Healthy
    };
    service.add("b", Inner::default()).unwrap();
    service.add_replica(Replica::new("c", Inner::default()).judge(judge)).unwrap();
    assert_eq!(call(&service, 1).await, 1);
}
