//! What is thrown away by hand.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_is_thrown_away_alone() {
    let inner = Inner::default();
    let layer = builder().build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    for request in [7, 8] {
        get(&service, request).await.unwrap();
    }
    handle.invalidate(&7);
    assert_eq!(get(&service, 107).await, Ok(107));
    assert_eq!(get(&service, 108).await, Ok(8));
}

#[tokio::test(start_paused = true)]
async fn all_is_thrown_away_at_once() {
    let inner = Inner::default();
    let layer = builder().build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    for request in [7, 8] {
        get(&service, request).await.unwrap();
    }
    handle.clear();
    for request in [107, 108] {
        assert_eq!(get(&service, request).await, Ok(request));
        assert_eq!(get(&service, request + 100).await, Ok(request), "what comes after is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_begun_before_is_neither_kept_nor_shared() {
    for throw_away in [|handle: &CacheHandle<u32>| handle.invalidate(&7), CacheHandle::clear] {
        let inner = Inner::default().answers([Answer::Held(Ok(1))]);
        let layer = builder().build().unwrap();
        let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
        let before = begin(&service, 7);
        throw_away(&handle);
        assert_eq!(get(&service, 107).await, Ok(107), "it does not wait for the call before");
        inner.release();
        assert_eq!(before.await.ok(), Some(1), "who began it gets its response");
        assert_eq!(get(&service, 207).await, Ok(107), "and it takes the place of none that came after");
    }
}

/// Readers look while a call that is out of date ends: none of them may get its response.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_thread_gets_what_was_thrown_away() {
    let layer = builder().build().unwrap();
    let handle = layer.handle();
    let version = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let read = std::sync::Arc::clone(&version);
    let service = layer.layer(service_fn(move |_: u32| {
        let response = read.load(std::sync::atomic::Ordering::SeqCst);
        async move {
            tokio::task::yield_now().await;
            Ok::<_, Error>(response)
        }
    }));
    let other = tokio::spawn({
        let service = service.clone();
        async move {
            for _ in 0..20_000 {
                get(&service, 7).await.unwrap();
            }
        }
    });
    for now in 1..2_000 {
        version.store(now, std::sync::atomic::Ordering::SeqCst);
        handle.invalidate(&7);
        assert!(get(&service, 7).await.unwrap() >= now, "older than what was thrown away");
    }
    other.await.unwrap();
}
