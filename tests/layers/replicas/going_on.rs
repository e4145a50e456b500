//! A call goes on to another replica as long as nothing was sent, and only then.

use std::slice::from_ref;
use std::{error, iter};

use palisade::{Backoff, Bulkhead, BulkheadLayer, Name, Rejection, RetryLayer, TimeoutLayer};
use tokio::join;
use tokio::time::sleep;
use tower::{BoxError, Layer, ServiceBuilder, service_fn};

use super::*;

/// Replicas with so many places each.
fn with_places(places: [usize; 3], inner: &Inner) -> ReplicasBuilder<Bulkhead<Inner>> {
    let builder = Replicas::builder("orders").policy(Policy::FailOver);
    ["a", "b", "c"]
        .iter()
        .zip(places)
        .fold(builder, |builder, (name, places)| builder.add(*name, BulkheadLayer::new(places).layer(inner.clone())))
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_to_the_first_in_order() {
    let inners = [(); 3].map(|()| Inner::default());
    assert_eq!(call(&in_order(&inners).build().unwrap(), 5).await, 5);
    assert_eq!(calls(&inners), [5, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn round_robin_gives_each_its_turn() {
    let inners = [(); 3].map(|()| Inner::default());
    call(&named(&inners).policy(Policy::RoundRobin).build().unwrap(), 6).await;
    assert_eq!(calls(&inners), [2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_replica_of_two_gets_no_call() {
    let inners = [(); 2].map(|()| Inner::hanging());
    let service = named(&inners).build().unwrap();
    let calls: Vec<_> = (0..6).map(|_| begin(&service)).collect();
    assert_eq!(super::calls(&inners), [3, 3]);
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_goes_on_to_the_next() {
    let inner = Inner::default();
    let service = with_places([0, 0, 1], &inner).build().unwrap();
    assert_eq!(service.clone().oneshot(7).await.unwrap(), 7);
    let failures: u64 = service.handle().snapshot().replicas.iter().map(|replica| replica.failures).sum();
    assert_eq!((inner.calls(), failures), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_all_reject_goes_on_to_one_that_came_since() {
    let after_a_second = |places| {
        let bulkhead = BulkheadLayer::new(places).layer(Inner::default());
        service_fn(move |order: u32| {
            let bulkhead = bulkhead.clone();
            async move {
                sleep(SECOND).await;
                bulkhead.oneshot(order).await
            }
        })
    };
    // A single replica gets the request itself, and no copy is left.
    for (names, goes_on) in [(&["a", "b"][..], true), (&["a"], false)] {
        let builder = Replicas::builder("orders");
        let replicas = names.iter().fold(builder, |builder, name| builder.add(*name, after_a_second(0)));
        let service = replicas.build().unwrap();
        let (result, added) = join!(service.clone().oneshot(7), async { service.add("c", after_a_second(1)) });
        assert_eq!((result.is_ok(), added.is_ok()), (goes_on, true), "{names:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_all_reject_is_rejected() {
    let service = with_places([0; 3], &Inner::default()).build().unwrap();
    let error = service.oneshot(7).await.unwrap_err();
    let Error::Rejected(rejection) = error else { panic!("{error:?}") };
    assert_eq!((rejection.reason(), rejection.layer()), (RejectionReason::NoReplica, "replicas"));
    assert_eq!((rejection.name(), rejection.retry_after()), (Name::new("orders").unwrap(), None));
}

#[tokio::test(start_paused = true)]
async fn where_all_reject_the_last_rejection_is_a_source() {
    let bulkhead = |name: &'static str| {
        BulkheadLayer::builder(0).name(Name::new(name).unwrap()).build().unwrap().layer(Inner::default())
    };
    let limits =
        Replicas::builder("orders").policy(Policy::FailOver).add("a", bulkhead("first")).add("b", bulkhead("second"));
    let error = limits.build().unwrap().oneshot(7).await.unwrap_err();
    let last = error.rejection().and_then(Rejection::last).unwrap();
    assert_eq!((last.name().as_str(), last.reason()), ("second", RejectionReason::Full));
    let first: Option<&dyn error::Error> = Some(&error);
    let mut chain = iter::successors(first, |error| error.source());
    assert!(chain.any(|source| source.to_string() == last.to_string()), "{error:?}");
    assert_eq!(Error::from(BoxError::from(error)).rejection().and_then(Rejection::last), Some(last));
}

#[tokio::test(start_paused = true)]
async fn where_none_was_asked_no_rejection_is_a_source() {
    let error = Replicas::<Inner>::builder("orders").build().unwrap().oneshot(7).await.unwrap_err();
    assert_eq!(error.rejection().and_then(Rejection::last), None);
}

#[tokio::test(start_paused = true)]
async fn max_tries_bounds_how_many_are_asked() {
    for (tries, is_good) in [(1, false), (2, false), (3, true), (usize::MAX, true)] {
        let service = with_places([0, 0, 1], &Inner::default()).max_tries(tries).build().unwrap();
        assert_eq!(service.oneshot(7).await.is_ok(), is_good, "{tries}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_goes_to_no_other() {
    let inners = [Inner::failing(), Inner::default()];
    let service = in_order(&inners).build().unwrap();
    let error = service.oneshot(7).await.unwrap_err();
    assert_eq!((error.downcast_ref(), calls(&inners)), (Some(&Down(1)), vec![1, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_copied_goes_to_one_replica() {
    let service = with_places([0, 1, 1], &Inner::default()).copy_request(|_: &u32| None).build().unwrap();
    assert_eq!(reason(&service.oneshot(7).await), Some(RejectionReason::NoReplica));
}

#[tokio::test(start_paused = true)]
async fn an_unready_replica_fails_and_the_call_goes_on() {
    let inners = [Inner::default().ever(Readiness::Fails(Down(3))), Inner::default()];
    let service = in_order(&inners).build().unwrap();
    assert_eq!(call(&service, 5).await, 5);
    let first = service.handle().snapshot().replicas.remove(0);
    assert_eq!((first.calls, first.failures, first.phase), (5, 5, Phase::Ejected));
}

#[tokio::test(start_paused = true)]
async fn the_last_readiness_error_is_the_result_where_all_fail() {
    let inners = [3, 4].map(|number| Inner::default().ever(Readiness::Fails(Down(number))));
    let error = in_order(&inners).build().unwrap().oneshot(7).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(4)));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_not_ready_at_once_is_passed_over() {
    // One that is late would be ready at a second look.
    for readiness in [Readiness::Stalled, Readiness::Late] {
        let inners = [Inner::default().ever(readiness), Inner::default()];
        let service = in_order(&inners).build().unwrap();
        assert_eq!(call(&service, 9).await, 9);
        let first = service.handle().snapshot().replicas.remove(0);
        assert_eq!((first.failures, first.in_flight, first.phase), (0, 0, Phase::InService));
        assert_eq!(calls(&inners), [0, 9], "{readiness:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_gets_the_time_to_become_ready() {
    let inners = [Inner::default().ever(Readiness::Stalled), Inner::default()];
    let service = in_order(&inners).ready_within(SECOND).build().unwrap();
    let (mut first, mut second) = (begin(&service), begin(&service));
    inners[0].wake();
    inners[0].clone().ever(Readiness::Stalled);
    advance(just_before(SECOND)).await;
    assert!(second.poll().is_pending());
    advance(NANO).await;
    assert!(second.poll().is_ready());
    assert!(first.poll().is_ready());
    assert_eq!(inners[1].calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_replica_is_waited_for_as_long_as_it_takes() {
    let inner = Inner::default().ever(Readiness::Stalled);
    let service = in_order(from_ref(&inner)).ready_within(Duration::MAX).build().unwrap();
    let mut call = begin(&service);
    advance(1_000_000 * SECOND).await;
    assert!(call.poll().is_pending());
    inner.recover();
    assert!(call.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let inners = [Inner::default().ever(Readiness::Stalled), Inner::default()];
    let service = in_order(&inners).ready_within(SECOND).build().unwrap();
    let late = palisade::Deadline::after(MILLI).scope(service.oneshot(7)).await;
    let elapsed = late.unwrap_err().elapsed().unwrap();
    assert!(elapsed.by_caller() && !elapsed.was_sent());
    assert_eq!(calls(&inners), [0, 0]);
}

#[tokio::test(start_paused = true)]
async fn no_replica_at_all_rejects() {
    let service = Replicas::<Inner>::builder("orders").build().unwrap();
    assert_eq!(reason(&service.clone().oneshot(7).await), Some(RejectionReason::NoReplica));
    service.add("a", Inner::default()).unwrap();
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_retry_around_asks_another_replica() {
    for policy in [Policy::LeastLoaded, Policy::RoundRobin, Policy::FailOver] {
        let inners = [Inner::failing(), Inner::failing(), Inner::default()];
        let replicas = named(&inners).policy(policy).without_consecutive().build().unwrap();
        let retry = RetryLayer::builder("orders").backoff(Backoff::none()).without_budget().build().unwrap();
        let service = ServiceBuilder::new().layer(retry).service(replicas);
        for _ in 0..50 {
            assert_eq!(service.clone().oneshot(7).await.unwrap(), 7, "{policy:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_a_call_that_hung_asks_another_replica() {
    let inners = [Inner::hanging(), Inner::default()];
    let replicas = in_order(&inners).without_consecutive().build().unwrap();
    let retry = RetryLayer::builder("orders").backoff(Backoff::none()).without_budget().build().unwrap();
    let service = ServiceBuilder::new().layer(retry).layer(TimeoutLayer::new(SECOND)).service(replicas);
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
    assert_eq!(calls(&inners), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_a_single_replica_asks_it_again() {
    let inner = Inner::default().answers([Answer::After(0, Err(Down(1)))]);
    let retry = RetryLayer::builder("orders").backoff(Backoff::none()).build().unwrap();
    let service = ServiceBuilder::new().layer(retry).service(in_order(from_ref(&inner)).build().unwrap());
    assert_eq!(service.oneshot(7).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_retry_remembers_the_last_four_replicas() {
    let inners = [(); 6].map(|()| Inner::failing());
    let retry = RetryLayer::builder("orders").max_attempts(6).backoff(Backoff::none()).build().unwrap();
    retry.layer(in_order(&inners).build().unwrap()).oneshot(1).await.unwrap_err();
    assert_eq!(calls(&inners), [2, 1, 1, 1, 1, 0]);
}
