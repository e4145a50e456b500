//! Settings at their least and at their most.

use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn with_all_settings_at_their_most_responses_are_kept_for_ever() {
    let layer = builder()
        .ttl(Duration::MAX)
        .ttl_jitter(1.0)
        .early(1_000.0)
        .stale_if_error(Duration::MAX)
        .keep(Duration::MAX)
        .capacity(u64::MAX)
        .weigher(|_: &u32| u32::MAX)
        .seed(u64::MAX)
        .stale_while_revalidate(Duration::MAX)
        .max_refreshes(1_000_000)
        .refresh_timeout(Duration::MAX)
        .build()
        .unwrap();
    let inner = Inner::default();
    let service = layer.layer(inner.clone());
    for wait in [0, 1, 1_000_000_000] {
        advance(wait * SECOND).await;
        for request in 0..100 {
            assert_eq!(get(&service, request + 100 * wait.min(2)).await, Ok(request));
        }
    }
    assert_eq!(inner.calls(), 100);
    assert_eq!(layer.handle().snapshot().weight, 100 * u64::from(u32::MAX));
}

#[tokio::test(start_paused = true)]
async fn with_all_settings_at_their_least_each_call_is_made() {
    let layer = builder()
        .ttl(Duration::ZERO)
        .ttl_jitter(0.0)
        .early(0.0)
        .stale_if_error(Duration::ZERO)
        .keep(Duration::ZERO)
        .capacity(1)
        .weigher(|_: &u32| 0)
        .seed(0)
        .stale_while_revalidate(Duration::ZERO)
        .max_refreshes(1)
        .refresh_timeout(Duration::ZERO)
        .build()
        .unwrap();
    let inner = Inner::default();
    let service = layer.layer(inner.clone());
    for request in [7, 107, 8, 108, 207] {
        assert_eq!(get(&service, request).await, Ok(request));
    }
    let snapshot = layer.handle().snapshot();
    assert_eq!((inner.calls(), snapshot.misses, snapshot.entries), (5, 5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_without_time_is_ended_once_it_pends() {
    let inner = Inner::default().answers([Answer::Echo, Answer::Never, Answer::Echo]);
    let layer = refreshing().refresh_timeout(Duration::ZERO).max_refreshes(1).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    get(&service, 107).await.unwrap();
    settle().await;
    advance(SECOND).await;
    assert_eq!((inner.alive(), handle.snapshot().refreshing, handle.snapshot().failed_refreshes), (0, 0, 1));
    get(&service, 107).await.unwrap();
    settle().await;
    assert_eq!(get(&service, 207).await, Ok(107), "a refresh that is ready at once needs none");
}

#[tokio::test(start_paused = true)]
async fn with_room_for_one_the_last_or_the_first_is_kept() {
    let key: Key = |request| *request;
    let layer = CacheLayer::builder("catalog", key).capacity(1).build().unwrap();
    let service = layer.layer(Inner::default());
    for request in 0..100 {
        assert_eq!(get(&service, request).await, Ok(request));
        let snapshot = layer.handle().snapshot();
        assert_eq!((snapshot.entries, snapshot.evicted), (1, u64::from(request)));
    }
}
