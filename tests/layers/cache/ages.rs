//! How old an answer may be.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fresh_response_is_given_again() {
    let inner = Inner::default();
    let service = builder().build().unwrap().layer(inner.clone());
    assert_eq!(get(&service, 107).await, Ok(107));
    assert_eq!(get(&service, 207).await, Ok(107), "a request of the same key");
    assert_eq!(get(&service, 208).await, Ok(208), "a request of another");
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_response_is_fresh_by_the_clock_that_tests_pause() {
    let inner = Inner::default();
    let service = builder().build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(just_before(10 * SECOND)).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    advance(NANO).await;
    assert_eq!(get(&service, 107).await, Ok(107), "nobody refreshes it but by a call");
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_to_live_each_call_is_made() {
    let inner = Inner::default();
    let service = builder().ttl(std::time::Duration::ZERO).build().unwrap().layer(inner.clone());
    for request in [107, 207] {
        assert_eq!(get(&service, request).await, Ok(request));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_may_be_fresh_for_ever() {
    let inner = Inner::default();
    let service = builder().ttl(std::time::Duration::MAX).ttl_jitter(1.0).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(1_000_000 * SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
}

/// Of 1,000 entries with a jitter of half, none is gone in the first five seconds, and some in each second after.
#[tokio::test(start_paused = true)]
async fn what_came_together_does_not_run_out_together() {
    let inner = Inner::default();
    let key: Key = |request| *request;
    let layer = CacheLayer::builder("catalog", key).ttl(10 * SECOND).ttl_jitter(0.5).early(0.0).seed(7);
    let service = layer.build().unwrap().layer(inner.clone());
    let mut calls = Vec::new();
    for _ in 0..11 {
        let before = inner.calls();
        for request in 0..1_000 {
            get(&service, request).await.unwrap();
        }
        calls.push(inner.calls() - before);
        advance(SECOND).await;
    }
    assert_eq!(calls[..6], [1_000, 0, 0, 0, 0, 0]);
    assert!(calls[6..].iter().all(|calls| (100..300).contains(calls)), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn with_a_seed_all_runs_are_alike() {
    let run = || async {
        let inner = Inner::default();
        let key: Key = |request| *request;
        let layer = CacheLayer::builder("catalog", key).ttl(10 * SECOND).seed(3).build().unwrap();
        let service = layer.layer(inner.clone());
        for _ in 0..20 {
            for request in 0..50 {
                get(&service, request).await.unwrap();
            }
            advance(700 * MILLI).await;
        }
        inner.calls()
    };
    assert_eq!(run().await, run().await);
}

/// A call of two seconds is refreshed before its ten seconds are over, by some caller of many, which waits for it.
#[tokio::test(start_paused = true)]
async fn a_caller_refreshes_early_by_chance() {
    let service = builder().early(1.0).build().unwrap().layer(slowed(Inner::default()));
    get(&service, 0).await.unwrap();
    let mut early = None;
    for number in 1..1_000 {
        advance(10 * MILLI).await;
        if get(&service, number * 100).await != Ok(0) {
            early = Some(number);
            break;
        }
    }
    assert!(early.is_some_and(|number| number < 990), "{early:?}");
}
