//! Results of calls eject a replica, and a trial brings it back.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use palisade::{Deadline, Outcome, TimeoutLayer};
use tower::Layer;

use super::*;

/// Two replicas in turn. The first is ejected at its second failure.
fn two(first: Inner) -> (Replicas<Inner>, [Inner; 2]) {
    let inners = [first, Inner::default()];
    (named(&inners).policy(Policy::RoundRobin).consecutive(2).build().expect(LEGAL), inners)
}

/// Longer than any first ejection.
const OUT: Duration = Duration::from_secs(34);

#[tokio::test(start_paused = true)]
async fn five_failures_in_a_row_eject() {
    let inners = [Inner::failing(), Inner::default(), Inner::default()];
    let service = named(&inners).policy(Policy::RoundRobin).build().unwrap();
    assert_eq!(call(&service, 30).await, 25);
    assert_eq!((inners[0].calls(), phase(&service.handle(), "a")), (5, Phase::Ejected));
}

#[tokio::test(start_paused = true)]
async fn a_success_on_trial_readmits() {
    let (service, inners) = two(Inner::failing());
    call(&service, 10).await;
    assert_eq!(inners[0].calls(), 2);
    inners[0].recover();
    advance(29 * SECOND).await;
    call(&service, 10).await;
    assert_eq!(inners[0].calls(), 2);
    advance(5 * SECOND).await;
    assert_eq!(call(&service, 10).await, 10);
    assert_eq!(phase(&service.handle(), "a"), Phase::InService);
    assert!(inners[0].calls() > 5);
}

#[tokio::test(start_paused = true)]
async fn a_failure_on_trial_ejects_for_longer() {
    let (service, inners) = two(Inner::failing());
    call(&service, 10).await;
    advance(OUT).await;
    call(&service, 10).await;
    assert_eq!((inners[0].calls(), phase(&service.handle(), "a")), (3, Phase::Ejected));
    advance(OUT).await;
    call(&service, 10).await;
    assert_eq!(inners[0].calls(), 3);
    advance(OUT).await;
    call(&service, 10).await;
    assert_eq!(inners[0].calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_dropped_leaves_its_place_to_the_next() {
    let (service, inners) = two(Inner::failing());
    call(&service, 10).await;
    advance(OUT).await;
    drop(inners[0].clone().ever_answers(Answer::Never));
    let trial = begin(&service);
    assert_eq!(call(&service, 5).await, 5);
    assert_eq!((inners[0].calls(), phase(&service.handle(), "a")), (3, Phase::OnTrial));
    drop(trial);
    drop(begin(&service));
    assert_eq!(inners[0].calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_only_replica_is_never_ejected() {
    let service = named(&[Inner::failing()]).build().unwrap();
    assert_eq!(call(&service, 50).await, 0);
    let handle = service.handle();
    assert_eq!((phase(&handle, "a"), handle.snapshot().replicas[0].failures), (Phase::InService, 50));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ours_that_runs_out_is_a_failure() {
    let (service, _) = two(Inner::hanging());
    let limited = TimeoutLayer::new(SECOND).layer(service.clone());
    for _ in 0..4 {
        limited.clone().oneshot(1).await.ok();
    }
    assert_eq!(phase(&service.handle(), "a"), Phase::Ejected);
}

#[tokio::test(start_paused = true)]
async fn a_limit_blames_nobody_who_had_little_of_it() {
    let first = Inner::default().ever(Readiness::Stalled).ever_answers(Answer::Never);
    let service =
        in_order(&[first.clone(), Inner::default()]).consecutive(1).ready_within(10 * SECOND).build().unwrap();
    let mut call = spawn(TimeoutLayer::new(4 * SECOND).layer(service.clone()).oneshot(1));
    assert!(call.poll().is_pending());
    advance(3 * SECOND).await;
    first.wake();
    drop(first.clone().ever(Readiness::Ready));
    assert!(call.poll().is_pending());
    advance(SECOND).await;
    assert!(call.poll().is_ready());
    assert_eq!((first.calls(), phase(&service.handle(), "a")), (1, Phase::InService));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_not_ready_within_a_limit_is_ejected() {
    let inners = [Inner::default().ever(Readiness::Stalled), Inner::default()];
    let service = in_order(&inners).ready_within(Duration::MAX).build().unwrap();
    let limited = TimeoutLayer::new(SECOND).layer(service.clone());
    for _ in 0..5 {
        limited.clone().oneshot(1).await.unwrap_err();
    }
    assert_eq!(phase(&service.handle(), "a"), Phase::Ejected);
    assert_eq!(call(&service, 5).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_caller_leaves_says_nothing() {
    let (service, _) = two(Inner::hanging());
    for _ in 0..20 {
        drop(begin(&service));
        Deadline::after(SECOND).scope(TimeoutLayer::new(9 * SECOND).layer(service.clone()).oneshot(1)).await.ok();
    }
    let first = service.handle().snapshot().replicas.remove(0);
    assert_eq!((first.calls, first.in_flight, first.phase), (0, 0, Phase::InService));
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure() {
    for panics in crate::support::inner::PANICS {
        let (service, _) = two(Inner::default().ever_answers(panics));
        for _ in 0..4 {
            AssertUnwindSafe(service.clone().oneshot(1)).catch_unwind().await.ok();
        }
        let first = service.handle().snapshot().replicas.remove(0);
        assert_eq!((first.phase, first.failures, first.in_flight), (Phase::Ejected, 2, 0), "{panics:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_classifier_says_what_a_response_means_for_the_replica() {
    let inners = [Inner::default().ever_answers(Answer::After(0, Ok(503))), Inner::default()];
    let busy = |result: Result<&u32, &Error>| {
        if result.is_ok_and(|code| *code == 503) { Outcome::Failed } else { Outcome::Success }
    };
    let service = named(&inners).policy(Policy::RoundRobin).consecutive(2).classify(busy).build().unwrap();
    for _ in 0..10 {
        service.clone().oneshot(1).await.unwrap();
    }
    assert_eq!(calls(&inners), [2, 8]);
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_neither_eject_nor_end_a_streak() {
    let answers = [1, 429, 1].map(|code| Answer::After(0, if code == 1 { Err(Down(1)) } else { Ok(code) }));
    let inners = [Inner::default().answers(answers), Inner::default()];
    let throttled = |result: Result<&u32, &Error>| match result {
        Ok(429) => Outcome::Throttled { retry_after: None },
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Transient,
    };
    let service = named(&inners).policy(Policy::RoundRobin).consecutive(2).classify(throttled).build().unwrap();
    for (calls, expected) in [(4, Phase::InService), (2, Phase::Ejected)] {
        for _ in 0..calls {
            service.clone().oneshot(1).await.ok();
        }
        assert_eq!(phase(&service.handle(), "a"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn health_is_ignored_where_all_are_out() {
    let inners = [(); 4].map(|()| Inner::default());
    let build = |builder: ReplicasBuilder<Inner>| {
        let service = builder.build().unwrap();
        for name in ["a", "b", "c", "d"] {
            assert!(service.handle().eject(name));
        }
        service
    };
    for builder in [in_order(&inners), named(&inners)] {
        assert_eq!(call(&build(builder), 10).await, 10);
    }
    let without_panic = build(named(&inners).panic_below(0.0));
    assert_eq!(reason(&without_panic.oneshot(1).await), Some(RejectionReason::NoReplica));
}

#[tokio::test(start_paused = true)]
async fn a_judge_keeps_calls_away_and_lets_them_come_back() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

    let (inners, is_well) = ([(); 2].map(|()| Inner::default()), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&is_well);
    let judge = move || if seen.load(SeqCst) { palisade::Judgement::Healthy } else { palisade::Judgement::Unhealthy };
    let service = Replicas::builder("orders")
        .policy(Policy::RoundRobin)
        .replica(Replica::new("a", inners[0].clone()).judge(judge))
        .add("b", inners[1].clone())
        .build()
        .unwrap();
    call(&service, 6).await;
    assert_eq!(calls(&inners), [0, 6]);
    is_well.store(true, SeqCst);
    call(&service, 6).await;
    assert!(inners[0].calls() >= 2, "{:?}", calls(&inners));
}

#[tokio::test(start_paused = true)]
async fn a_replica_whose_node_is_suspected_gets_no_calls() {
    let heartbeats = palisade::Heartbeats::builder().build().unwrap();
    let inners = [(); 3].map(|()| Inner::default());
    let service = named(&inners).policy(Policy::RoundRobin).heartbeats(&heartbeats).build().unwrap();
    assert!(heartbeats.beat("a") && heartbeats.beat("b"));
    call(&service, 3).await;
    advance(60 * SECOND).await;
    heartbeats.beat("b");
    let before = inners[0].calls();
    call(&service, 10).await;
    assert_eq!(inners[0].calls(), before);
    heartbeats.beat("a");
    call(&service, 10).await;
    assert!(inners[0].calls() > before);
}

#[tokio::test(start_paused = true)]
async fn a_replica_with_an_open_circuit_is_probed_and_comes_back() {
    let inners = [Inner::failing(), Inner::default()];
    let breaker = palisade::CircuitBreakerLayer::builder("a").consecutive(2).seed(1).build().unwrap();
    let other = palisade::CircuitBreakerLayer::builder("b").build().unwrap();
    let service = Replicas::builder("orders")
        .policy(Policy::RoundRobin)
        .replica(Replica::new("a", breaker.layer(inners[0].clone())).judge(breaker.handle()))
        .replica(Replica::new("b", other.layer(inners[1].clone())).judge(other.handle()))
        .build()
        .unwrap();
    for _ in 0..10 {
        service.clone().oneshot(1).await.ok();
    }
    assert_eq!(inners[0].calls(), 2);
    inners[0].recover();
    advance(60 * SECOND).await;
    for _ in 0..20 {
        service.clone().oneshot(1).await.unwrap();
    }
    assert_eq!(breaker.handle().phase(), palisade::Phase::Closed);
    assert!(inners[0].calls() > 5, "{:?}", calls(&inners));
}
