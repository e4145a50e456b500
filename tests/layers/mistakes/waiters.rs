//! Those that wait sleep.

#![expect(
    clippy::unchecked_time_subtraction,
    reason = "moments just before a boundary, all of them later than the start"
)]

use super::*;

#[tokio::test(start_paused = true)]
async fn a_waiter_sleeps_until_it_is_handed_a_place() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = bulkhead.handle().try_enter().unwrap();
    let mut waiting = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    advance(1_000 * SECOND).await;
    assert!(!waiting.is_woken());
    drop(place);
    assert!(waiting.is_woken());
    assert!(assert_ready!(waiting.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_behind_another_is_not_woken_with_it() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(2).build().unwrap();
    let place = bulkhead.handle().try_enter().unwrap();
    let mut first = task::spawn(bulkhead.layer(up()).oneshot(()));
    let mut second = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    drop(place);
    assert_eq!((first.is_woken(), second.is_woken()), (true, false));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_with_a_limit_sleeps_until_it_is_over() {
    let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
    let mut waiting = task::spawn(bulkhead.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    advance(SECOND - MILLI).await;
    assert!(!waiting.is_woken());
    advance(2 * MILLI).await;
    assert!(waiting.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_retry_sleeps_through_its_delay() {
    let retry = retry().backoff(Backoff::constant(SECOND)).build().unwrap();
    let mut call = task::spawn(retry.layer(down()).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND - MILLI).await;
    assert!(!call.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_sleeps_through_its_limit() {
    let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(SECOND - MILLI).await;
    assert!(!call.is_woken());
}
