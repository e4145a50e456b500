//! What a cache keeps as a step of a fallback.

use palisade::fallback::NothingKept;
use palisade::{BulkheadLayer, FallbackLayer, RejectionReason, TimeoutLayer};
use tower::ServiceBuilder;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_fallback_gives_what_is_kept_for_as_long_as_it_is() {
    let inner = Inner::default().answers([Answer::Echo]).ever_answers(Answer::After(0, Err(Down(1))));
    let cache = builder().keep(60 * SECOND).build().unwrap();
    let fallback = FallbackLayer::cached(&cache);
    let service = ServiceBuilder::new().layer(fallback).layer(cache).service(inner);
    get(&service, 7).await.unwrap();
    advance(just_before(70 * SECOND)).await;
    assert_eq!(get(&service, 107).await, Ok(7));
    advance(NANO).await;
    let error = service.clone().oneshot(107).await.unwrap_err();
    let nothing = crate::support::chain(&error).any(<dyn std::error::Error>::is::<NothingKept>);
    assert!(nothing, "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_at_the_callers_deadline() {
    let inner = Inner::default().answers([Answer::Echo]).ever_answers(Answer::Never);
    let cache = builder().keep(60 * SECOND).build().unwrap();
    let (fallback, timeout) = (FallbackLayer::cached(&cache), TimeoutLayer::new(60 * SECOND));
    let service = ServiceBuilder::new().layer(fallback).layer(timeout).layer(cache).service(inner);
    get(&service, 7).await.unwrap();
    advance(10 * SECOND).await;
    let call = palisade::Deadline::after(SECOND).scope(service.clone().oneshot(7));
    assert_eq!(call.await.ok(), Some(7));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_kept_a_rejection_stays_one() {
    let cache = builder().build().unwrap();
    let fallback = FallbackLayer::cached(&cache);
    let service =
        ServiceBuilder::new().layer(fallback).layer(cache).layer(BulkheadLayer::new(0)).service(Inner::default());
    assert_eq!(reason(&service.oneshot(7).await), Some(RejectionReason::Full));
}
