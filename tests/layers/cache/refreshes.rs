//! Refreshes in the background.

use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_stale_response_is_given_at_once_and_refreshed_once() {
    let inner = Inner::default();
    let service = refreshing().build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    for request in [107, 207] {
        assert_eq!(get(&service, request).await, Ok(7));
    }
    settle().await;
    assert_eq!(inner.calls(), 2, "of two who find it stale, one refreshes it");
    assert_eq!(get(&service, 307).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_refresh_that_hangs() {
    let inner = Inner::default().answers([Answer::Echo]).ever_answers(Answer::Never);
    let service = refreshing().refresh_timeout(3 * SECOND).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    assert_eq!(get(&service, 7).await, Ok(7));
    settle().await;
    assert_eq!((inner.calls(), inner.alive()), (2, 1));
    advance(3 * SECOND).await;
    settle().await;
    assert_eq!(inner.alive(), 0, "it is ended in time");
    assert_eq!(get(&service, 7).await, Ok(7));
    settle().await;
    assert_eq!(inner.calls(), 2, "and the next is begun a second later");
    advance(SECOND).await;
    get(&service, 7).await.unwrap();
    settle().await;
    assert_eq!(inner.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_refresh_the_stale_response_stays() {
    let inner = Inner::default().answers([Answer::Echo, Answer::After(0, Err(Down(1)))]);
    let layer = refreshing().build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    for _ in 0..3 {
        assert_eq!(get(&service, 107).await, Ok(7));
        settle().await;
    }
    assert_eq!(inner.calls(), 2);
    advance(SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    settle().await;
    assert_eq!(get(&service, 207).await, Ok(107));
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.failed_refreshes, snapshot.renewed, snapshot.refreshing), (1, 1, 0));
}

/// A response that says nothing of the service is not kept, so the stale one is still to be refreshed.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_brings_nothing_to_keep_has_failed() {
    let classify = |result: Result<&u32, &Error>| match result {
        Ok(404) => palisade::Outcome::Ignored,
        _ => palisade::Outcome::Success,
    };
    let inner = Inner::default().answers([Answer::Echo, Answer::After(0, Ok(404))]);
    let layer = refreshing().classify(classify).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    settle().await;
    assert_eq!((handle.snapshot().failed_refreshes, handle.snapshot().renewed), (1, 0));
    advance(SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    settle().await;
    assert_eq!(get(&service, 207).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn no_more_refreshes_run_than_may() {
    let inner = Inner::default().answers([Answer::Echo; 3]).ever_answers(Answer::Never);
    let layer = refreshing().max_refreshes(2).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    for request in 0..3 {
        get(&service, request).await.unwrap();
    }
    advance(10 * SECOND).await;
    for request in 0..3 {
        assert_eq!(get(&service, request).await, Ok(request));
    }
    settle().await;
    assert_eq!((inner.calls(), handle.snapshot().refreshing), (5, 2));
    advance(10 * SECOND).await;
    settle().await;
    assert_eq!(handle.snapshot().refreshing, 0);
    assert_eq!(get(&service, 2).await, Ok(2));
    settle().await;
    assert_eq!(inner.calls(), 6, "the third has its turn now");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_has_no_deadline_of_its_caller() {
    let inner = Inner::default().answers([Answer::Echo]).ever_answers(Answer::Held(Ok(8)));
    let service = refreshing().refresh_timeout(60 * SECOND).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    let stale = palisade::Deadline::after(SECOND).scope(service.clone().oneshot(7)).await;
    assert_eq!(stale.ok(), Some(7));
    advance(30 * SECOND).await;
    inner.release();
    settle().await;
    assert_eq!(get(&service, 7).await, Ok(8));
}

#[tokio::test(start_paused = true)]
async fn an_early_refresh_is_made_in_the_background() {
    let inner = Inner::default();
    let service = refreshing().early(1.0).build().unwrap().layer(slowed(inner.clone()));
    get(&service, 7).await.unwrap();
    for _ in 0..900 {
        advance(10 * MILLI).await;
        let before = crate::support::now();
        assert_eq!(get(&service, 7).await, Ok(7));
        assert_eq!(crate::support::now() - before, Duration::ZERO, "nobody waits");
    }
    assert!(inner.calls() >= 2, "{}", inner.calls());
}

#[test]
fn outside_a_runtime_a_stale_response_is_given_all_the_same() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let inner = Inner::default();
    let service = refreshing().ttl(Duration::ZERO).build().unwrap().layer(inner.clone());
    runtime().block_on(get(&service, 7)).unwrap();
    let stale = spawn(service.clone().call(107)).poll().map(Result::ok);
    assert_eq!(stale, std::task::Poll::Ready(Some(7)));
    assert_eq!(inner.calls(), 1);
}

/// A service of futures that cannot be sent to another thread is cached, too, where no task is spawned.
#[tokio::test(start_paused = true)]
async fn without_a_background_nothing_need_be_send() {
    let shared = std::rc::Rc::new(5);
    let inner = service_fn(move |request: u32| {
        let shared = std::rc::Rc::clone(&shared);
        async move { Ok::<_, Error>(request + *shared) }
    });
    let service = builder().build().unwrap().layer(inner);
    assert_eq!(get(&service, 7).await, Ok(12));
    assert_eq!(get(&service, 7).await, Ok(12));
}
