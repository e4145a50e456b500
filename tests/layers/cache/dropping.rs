//! Callers that leave, and calls that panic.

use super::*;

#[tokio::test(start_paused = true)]
async fn another_drives_on_when_the_first_caller_leaves() {
    let inner = Inner::default().ever_answers(Answer::Held(Ok(7)));
    let service = builder().build().unwrap().layer(inner.clone());
    let (first, second) = (begin(&service, 7), begin(&service, 7));
    drop(first);
    inner.release();
    assert_eq!(second.await.ok(), Some(7));
    assert_eq!(inner.calls(), 1);
    assert_eq!(get(&service, 107).await, Ok(7), "it is kept though who began it has left");
}

#[tokio::test(start_paused = true)]
async fn the_last_who_leaves_drops_the_call() {
    let inner = Inner::hanging();
    let service = builder().build().unwrap().layer(inner.clone());
    let calls = [begin(&service, 7), begin(&service, 7)];
    assert_eq!(inner.alive(), 1);
    drop(calls);
    assert_eq!(inner.alive(), 0);
    inner.recover();
    assert_eq!(get(&service, 107).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_polled_sends_nothing() {
    let inner = Inner::default();
    let service = builder().build().unwrap().layer(inner.clone());
    drop(service.clone().call(7));
    assert_eq!(inner.calls(), 0);
    assert_eq!(get(&service, 107).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_its_call_and_the_next_begins_anew() {
    for answer in crate::support::inner::PANICS {
        let inner = Inner::default().answers([answer]);
        let service = builder().build().unwrap().layer(inner.clone());
        let task = tokio::spawn({
            let service = service.clone();
            async move { get(&service, 7).await }
        });
        assert!(task.await.unwrap_err().is_panic(), "{answer:?}");
        assert_eq!(get(&service, 107).await, Ok(107), "{answer:?}");
    }
}

/// A response whose clone panics once.
#[derive(Debug)]
struct Brittle(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Clone for Brittle {
    fn clone(&self) -> Self {
        assert!(!self.0.swap(false, std::sync::atomic::Ordering::SeqCst), "a clone of bad luck");
        Self(std::sync::Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_panics_leaves_the_entry_as_it_was() {
    let panics = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let calls = palisade::test_util::Calls::default();
    let (counted, shared) = (calls.clone(), std::sync::Arc::clone(&panics));
    let inner = service_fn(move |_: u32| {
        counted.add();
        let response = Brittle(std::sync::Arc::clone(&shared));
        async move { Ok::<_, Error>(response) }
    });
    let key: Key = |request| *request;
    let layer = CacheLayer::builder("catalog", key).ttl(SECOND).ttl_jitter(0.0).stale_while_revalidate(60 * SECOND);
    let service = layer.build().unwrap().layer(inner);
    service.clone().oneshot(7).await.unwrap();
    advance(SECOND).await;
    panics.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut stale = service.clone();
    assert!(crate::support::services::panics(|| drop(stale.call(7))));
    // The refresh that the call has begun runs all the same.
    yield_now().await;
    assert_eq!(calls.count(), 2);
    service.oneshot(7).await.unwrap();
}
