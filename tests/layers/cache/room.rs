//! How much is kept.

use super::*;

#[tokio::test(start_paused = true)]
async fn there_are_no_more_entries_than_there_is_room_for() {
    let key: Key = |request| *request;
    let layer = CacheLayer::builder("room", key).capacity(100).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(Inner::default()));
    for request in 0..1_000 {
        get(&service, request).await.unwrap();
    }
    let snapshot = handle.snapshot();
    assert!(snapshot.entries <= 100, "{snapshot:?}");
    assert_eq!(snapshot.entries + snapshot.evicted, 1_000);
}

#[tokio::test(start_paused = true)]
async fn entries_weigh_what_the_weigher_says() {
    let layer = builder().capacity(100).weigher(|response: &u32| *response).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(Inner::default()));
    for request in [0, 10, 20] {
        get(&service, request).await.unwrap();
    }
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.entries, snapshot.weight), (3, 31), "nothing weighs less than 1");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_heavy_is_not_kept() {
    let layer = builder().capacity(100).weigher(|response: &u32| *response).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(Inner::default()));
    assert_eq!(get(&service, 101).await, Ok(101));
    assert_eq!(handle.snapshot().entries, 0);
    assert_eq!(get(&service, 201).await, Ok(201));
}
