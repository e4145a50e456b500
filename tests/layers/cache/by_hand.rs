//! What is thrown away by hand.

use std::time::UNIX_EPOCH;

use palisade::event::Kind;
use palisade::test_util::EventLog;
use palisade::{Action, Name, Registry, Target};

use super::*;
use crate::support::time::YEAR;

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

#[tokio::test(start_paused = true)]
async fn a_cache_is_cleared_through_its_registry() {
    let registry = Registry::new();
    let [service, other] = ["catalog", "other"].map(|name| {
        let layer = builder().name(Name::new(name).unwrap()).registry(&registry).build().unwrap();
        layer.layer(Inner::default())
    });
    for service in [&service, &other] {
        get(service, 7).await.unwrap();
    }
    let target = Target::new(Kind::Cache, "catalog");
    assert_eq!(registry.steer(&target, &Action::Clear, "ann"), Ok(1));
    assert_eq!((get(&service, 107).await, get(&other, 107).await), (Ok(107), Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn who_cleared_a_cache_is_told_and_kept() {
    let (registry, events) = (Registry::new(), EventLog::of_thread());
    let layer = builder().registry(&registry).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(Inner::default()));
    get(&service, 7).await.unwrap();
    handle.clear();
    registry.steer(&Target::new(Kind::Cache, "catalog"), &Action::Clear, "ann").unwrap();
    handle.invalidate(&7);
    let timeline = registry.timeline(UNIX_EPOCH, UNIX_EPOCH + 1_000 * YEAR);
    let texts: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
    assert_eq!(texts, ["cleared (by hand)", "clear by ann", "cleared (by hand)"]);
    let told: Vec<_> = events.of("palisade::cache").iter().map(|event| event.field("message").to_owned()).collect();
    assert_eq!(told, ["answered", "cleared", "steered", "cleared"]);
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
            yield_now().await;
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
        if now % 8 == 0 {
            handle.clear();
        } else {
            handle.invalidate(&7);
        }
        assert!(get(&service, 7).await.unwrap() >= now, "older than what was thrown away");
    }
    other.await.unwrap();
}
