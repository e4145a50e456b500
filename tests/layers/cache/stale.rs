//! Stale answers where the call fails.

use palisade::{BulkheadLayer, Deadline, Outcome, RejectionReason, TimeoutLayer};
use tower::ServiceBuilder;

use super::*;

/// A service whose first call succeeds, and all others do this.
fn then(answer: Answer) -> Inner {
    Inner::default().answers([Answer::Echo]).ever_answers(answer)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_is_answered_by_the_stale_response() {
    let inner = then(Answer::After(0, Err(Down(1))));
    let service = builder().stale_if_error(20 * SECOND).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    assert_eq!(inner.calls(), 2, "the service was asked");
    advance(just_before(20 * SECOND)).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    advance(NANO).await;
    assert_eq!(get(&service, 107).await, Err(Down(1)), "it is too old now");
}

#[tokio::test(start_paused = true)]
async fn for_a_second_after_a_failure_nobody_waits() {
    let inner = then(Answer::After(0, Err(Down(1))));
    let service = builder().stale_if_error(20 * SECOND).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    get(&service, 7).await.unwrap();
    advance(just_before(SECOND)).await;
    assert_eq!(get(&service, 7).await, Ok(7));
    assert_eq!(inner.calls(), 2);
    inner.recover();
    advance(NANO).await;
    assert_eq!(get(&service, 107).await, Ok(107));
    assert_eq!(inner.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_get_the_stale_response() {
    let inner = then(Answer::Held(Err(Down(1))));
    let service = builder().stale_if_error(20 * SECOND).build().unwrap().layer(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    let calls = [begin(&service, 7), begin(&service, 107)];
    inner.release();
    for call in calls {
        assert_eq!(call.await.ok(), Some(7));
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_a_failure_is_replaced_too() {
    let classify = |result: Result<&u32, &Error>| match result {
        Ok(500) => Outcome::Failed,
        Ok(429) => Outcome::Throttled { retry_after: None },
        Ok(404) => Outcome::Ignored,
        _ => Outcome::Success,
    };
    for (response, answer) in [(500, 7), (429, 7), (404, 404)] {
        let inner = then(Answer::After(0, Ok(response)));
        let service = builder().classify(classify).stale_if_error(20 * SECOND).build().unwrap().layer(inner);
        get(&service, 7).await.unwrap();
        advance(10 * SECOND).await;
        assert_eq!(get(&service, 7).await, Ok(answer), "{response}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_and_one_that_took_too_long_are_replaced() {
    let inner = then(Answer::Never);
    let (bulkhead, timeout) = (BulkheadLayer::new(1), TimeoutLayer::new(SECOND));
    let places = bulkhead.handle();
    let layer = builder().stale_if_error(60 * SECOND).build().unwrap();
    let service = ServiceBuilder::new().layer(layer).layer(timeout).layer(bulkhead).service(inner.clone());
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    assert_eq!(get(&service, 7).await, Ok(7), "the call took too long");
    advance(SECOND).await;
    let place = places.try_enter().unwrap();
    assert_eq!(get(&service, 7).await, Ok(7), "the call was rejected");
    assert_eq!(inner.calls(), 2);
    let other = service.clone().oneshot(8).await;
    assert_eq!(reason(&other), Some(RejectionReason::Full), "without an entry the rejection is the result");
    drop(place);
}

/// The deadline is the caller's and goes along no call that others may share, so here a layer below has it from elsewhere.
#[tokio::test(start_paused = true)]
async fn the_callers_own_deadline_is_no_failure() {
    let inner = then(Answer::Never);
    let below = tower::layer::layer_fn(|inner: tower::util::BoxCloneSyncService<u32, u32, Error>| {
        service_fn(move |request| Deadline::after(SECOND).scope(inner.clone().oneshot(request)))
    });
    let layer = builder().stale_if_error(60 * SECOND).build().unwrap();
    let inner = ServiceBuilder::new().layer(TimeoutLayer::new(60 * SECOND)).service(inner);
    let service = layer.layer(below.layer(tower::util::BoxCloneSyncService::new(inner)));
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    let error = service.clone().oneshot(7).await.unwrap_err();
    assert!(error.elapsed().is_some_and(palisade::Elapsed::by_caller));
}

#[tokio::test(start_paused = true)]
async fn an_early_refresh_that_fails_leaves_the_fresh_response() {
    let inner = then(Answer::After(0, Err(Down(1))));
    let service = builder().early(1_000.0).build().unwrap().layer(slowed(inner.clone()));
    for calls in [1, 2, 2] {
        assert_eq!(get(&service, 7).await, Ok(7));
        assert_eq!(inner.calls(), calls, "the second call is early, and the third just after a failure");
    }
}
