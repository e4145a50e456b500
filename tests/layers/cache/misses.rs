//! Calls that find nothing: one call is made for all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade::{Outcome, TimeoutLayer};
use tokio::task::JoinSet;
use tower::{ServiceBuilder, service_fn};

use super::*;
use crate::support::{Strict, strict};

#[tokio::test(start_paused = true)]
async fn ten_thousand_misses_of_one_key_make_one_call() {
    let inner = Inner::default().ever_answers(Answer::Held(Ok(7)));
    let service = builder().build().unwrap().layer(inner.clone());
    let mut calls: Vec<_> = (0..10_000).map(|_| begin(&service, 7)).collect();
    assert_eq!(inner.calls(), 1);
    inner.release();
    for call in &mut calls {
        assert!(call.is_woken());
        assert!(matches!(call.poll(), std::task::Poll::Ready(Ok(7))));
    }
    assert_eq!(get(&service, 7).await, Ok(7));
    assert_eq!(inner.calls(), 1);
}

/// Threads that miss, look and fill at the same time: also who looked before the call ended and came after it makes no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_miss_together_make_one_call() {
    for _ in 0..200 {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let inner = service_fn(move |request: u32| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                yield_now().await;
                Ok::<_, Error>(request)
            }
        });
        let service = builder().build().unwrap().layer(inner);
        let mut tasks = JoinSet::new();
        for _ in 0..16 {
            let service = service.clone();
            tasks.spawn(async move { get(&service, 7).await });
        }
        assert!(tasks.join_all().await.iter().all(|result| *result == Ok(7)));
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_get_the_failure_and_the_next_call_is_made() {
    let inner = Inner::default().answers([Answer::Held(Err(Down(1)))]);
    let service = builder().build().unwrap().layer(inner.clone());
    let calls: Vec<_> = (0..3).map(|_| begin(&service, 7)).collect();
    inner.release();
    for call in calls {
        let error = call.await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(1)));
    }
    assert_eq!(get(&service, 107).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn only_a_success_is_kept() {
    let classify = |result: Result<&u32, &Error>| match result {
        Ok(1) => Outcome::Ignored,
        Ok(2) => Outcome::Failed,
        _ => Outcome::Success,
    };
    let inner = Inner::default().answers([1, 2, 3, 4].map(|response| Answer::After(0, Ok(response))));
    let service = builder().classify(classify).build().unwrap().layer(inner.clone());
    for response in [1, 2, 3, 3] {
        assert_eq!(get(&service, 7).await, Ok(response));
    }
}

#[tokio::test(start_paused = true)]
async fn each_waits_to_its_own_deadline() {
    let inner = Inner::default().ever_answers(Answer::Held(Ok(7)));
    let layer = builder().build().unwrap();
    let service =
        |limit| ServiceBuilder::new().layer(TimeoutLayer::new(limit)).layer(layer.clone()).service(inner.clone());
    let (short, long) = (service(SECOND), service(60 * SECOND));
    let mut waits = begin(&long, 7);
    let first = begin(&short, 7);
    assert!(first.await.unwrap_err().is_timeout());
    assert!(!waits.is_woken());
    inner.release();
    assert_eq!(waits.poll().map(Result::ok), std::task::Poll::Ready(Some(7)));
}

#[tokio::test(start_paused = true)]
async fn keys_that_collide_are_kept_apart() {
    #[derive(Clone, PartialEq, Eq)]
    struct Colliding(u32);

    impl std::hash::Hash for Colliding {
        fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
            hasher.write_u32(0);
        }
    }

    let inner = Inner::default();
    let layer = CacheLayer::builder("catalog", |request: &u32| Colliding(*request)).build().unwrap();
    let service = layer.layer(inner.clone());
    for _ in 0..2 {
        for request in 0..20 {
            assert_eq!(get(&service, request).await, Ok(request));
        }
    }
    assert_eq!(inner.calls(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_key_function_that_panics_harms_no_other_call() {
    let key = |request: &u32| {
        assert!(*request != 13, "a key of bad luck");
        *request
    };
    let service = CacheLayer::builder("catalog", key).build().unwrap().layer(Inner::default());
    let mut other = service.clone();
    assert!(crate::support::services::panics(|| drop(other.call(13))));
    assert_eq!(get(&service, 7).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_called_only_when_it_is_ready() {
    let inner: Strict<_> = strict(|request: u32| std::future::ready(Ok::<_, Down>(request)));
    let calls = inner.calls();
    let service = builder().build().unwrap().layer(inner);
    assert_eq!(get(&service, 7).await, Ok(7));
    assert_eq!(get(&service, 7).await, Ok(7));
    assert_eq!(calls.count(), 1);
}
