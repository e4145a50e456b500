//! What happens to a key while its call, or its refresh, is in flight.

use palisade::Outcome;
use palisade::coalesce::Panicked;

use super::*;
use crate::support::inner::PANICS;
use crate::support::services::panics;

/// Either throws away what there is of the key 7.
const THROW_AWAY: [fn(&CacheHandle<u32>); 2] = [|handle| handle.invalidate(&7), CacheHandle::clear];

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_thrown_away_leaves_the_next_to_be_shared() {
    for throw_away in THROW_AWAY {
        let inner = Inner::default().answers([Answer::After(1, Ok(1)), Answer::After(3, Ok(2))]);
        let layer = builder().build().unwrap();
        let service = layer.layer(inner.clone());
        let mut first = begin(&service, 7);
        throw_away(&layer.handle());
        let second = begin(&service, 7);
        assert_eq!(first.poll().map(Result::ok), std::task::Poll::Ready(Some(1)));
        let third = begin(&service, 7);
        assert_eq!(inner.calls(), 2, "the third shares the call of the second");
        assert_eq!((third.await.ok(), second.await.ok()), (Some(2), Some(2)));
        assert_eq!(get(&service, 7).await, Ok(2), "and it is kept");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_what_was_thrown_away_is_neither_kept_nor_shared() {
    for throw_away in THROW_AWAY {
        let inner = Inner::default().answers([Answer::Echo, Answer::Held(Ok(8))]);
        let layer = refreshing().build().unwrap();
        let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
        get(&service, 7).await.unwrap();
        advance(10 * SECOND).await;
        assert_eq!(get(&service, 107).await, Ok(7));
        settle().await;
        throw_away(&handle);
        assert_eq!(get(&service, 107).await, Ok(107), "it does not wait for the refresh");
        inner.release();
        settle().await;
        assert_eq!(get(&service, 207).await, Ok(107));
        let snapshot = handle.snapshot();
        assert_eq!((inner.calls(), snapshot.failed_refreshes, snapshot.renewed), (3, 1, 0));
    }
}

/// Stale for a second, and then of no use, while it is refreshed.
async fn refreshed_too_late(
    inner: &Inner,
) -> (CacheHandle<u32>, impl Service<u32, Response = u32, Error = Error> + Clone) {
    let layer =
        builder().stale_while_revalidate(SECOND).refresh_timeout(3 * SECOND).build().expect("all settings are legal");
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    assert_eq!(get(&service, 7).await, Ok(7));
    advance(10 * SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    settle().await;
    advance(SECOND).await;
    (handle, service)
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_has_nothing_shares_the_refresh_in_flight() {
    let inner = Inner::default().answers([Answer::Echo, Answer::Held(Ok(8))]);
    let (handle, service) = refreshed_too_late(&inner).await;
    let caller = begin(&service, 207);
    inner.release();
    assert_eq!(caller.await.ok(), Some(8));
    settle().await;
    assert_eq!((inner.calls(), handle.snapshot().renewed), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_shares_a_refresh_has_its_call_to_the_end() {
    let inner = Inner::default().answers([Answer::Echo, Answer::Held(Ok(8))]);
    let (handle, service) = refreshed_too_late(&inner).await;
    let caller = begin(&service, 207);
    advance(3 * SECOND).await;
    settle().await;
    assert_eq!((inner.alive(), handle.snapshot().refreshing, handle.snapshot().failed_refreshes), (1, 0, 1));
    inner.release();
    assert_eq!(caller.await.ok(), Some(8));
    assert_eq!(get(&service, 307).await, Ok(8), "it is kept");
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_leaves_the_stale_response() {
    for panic in PANICS {
        let inner = Inner::default().answers([Answer::Echo, panic]);
        let layer = refreshing().max_refreshes(1).build().unwrap();
        let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
        get(&service, 7).await.unwrap();
        advance(10 * SECOND).await;
        for _ in 0..2 {
            assert_eq!(get(&service, 107).await, Ok(7), "{panic:?}");
            settle().await;
        }
        assert_eq!((inner.calls(), handle.snapshot().refreshing, handle.snapshot().failed_refreshes), (2, 0, 1));
        advance(SECOND).await;
        assert_eq!(get(&service, 107).await, Ok(7), "{panic:?}");
        settle().await;
        assert_eq!(get(&service, 207).await, Ok(107), "{panic:?}");
    }
}

#[test]
fn a_refresh_whose_runtime_ends_gives_its_place_back() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let inner = Inner::default().answers([Answer::Echo, Answer::Never]);
    let layer = refreshing().ttl(std::time::Duration::ZERO).max_refreshes(1).build().unwrap();
    let (handle, service) = (layer.handle(), layer.layer(inner.clone()));
    runtime().block_on(async {
        get(&service, 7).await.unwrap();
        assert_eq!(get(&service, 107).await, Ok(7));
        settle().await;
        assert_eq!((inner.alive(), handle.snapshot().refreshing), (1, 1));
    });
    assert_eq!((inner.alive(), handle.snapshot().refreshing, handle.snapshot().failed_refreshes), (0, 0, 1));
    runtime().block_on(async {
        advance(SECOND).await;
        assert_eq!(get(&service, 107).await, Ok(7));
        settle().await;
        assert_eq!(get(&service, 207).await, Ok(107));
    });
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_call_that_panics_gets_an_error() {
    let inner = Inner::default().answers([Answer::PanicsInPoll]);
    let service = builder().build().unwrap().layer(inner);
    let [mut first, second] = [7, 7].map(|request| spawn(service.clone().call(request)));
    assert!(panics(|| drop(first.poll())));
    drop(first);
    let error = second.await.unwrap_err();
    assert!(error.downcast_ref::<Panicked>().is_some(), "{error:?}");
    assert_eq!(get(&service, 107).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_call_that_panics_gets_the_stale_response() {
    let inner = Inner::default().answers([Answer::Echo, Answer::PanicsInPoll]);
    let service = builder().stale_if_error(20 * SECOND).build().unwrap().layer(inner);
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    let [mut first, second] = [107, 107].map(|request| spawn(service.clone().call(request)));
    assert!(panics(|| drop(first.poll())));
    assert_eq!(second.await.ok(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_response_that_is_not_kept_shares_it() {
    let classify = |result: Result<&u32, &Error>| match result {
        Ok(404) => Outcome::Ignored,
        _ => Outcome::Success,
    };
    let inner = Inner::default().answers([Answer::Held(Ok(404))]);
    let service = builder().classify(classify).build().unwrap().layer(inner.clone());
    let calls: Vec<_> = (0..50).map(|_| begin(&service, 7)).collect();
    inner.release();
    for call in calls {
        assert_eq!(call.await.ok(), Some(404));
    }
    assert_eq!(inner.calls(), 1, "they do not ask one after the other");
    assert_eq!(get(&service, 107).await, Ok(107));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_an_early_call_leaves_the_fresh_response() {
    let inner = Inner::default().answers([Answer::Echo, Answer::Never]);
    let service = builder().early(1_000.0).build().unwrap().layer(slowed(inner.clone()));
    get(&service, 7).await.unwrap();
    drop(begin(&service, 107));
    assert_eq!(inner.alive(), 0);
    assert_eq!(spawn(service.clone().call(107)).poll().map(Result::ok), std::task::Poll::Pending, "another is early");
}
