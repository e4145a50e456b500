//! A full bulkhead is no timeout.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_no_timeout() {
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(BulkheadLayer::new(0));
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(0).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(bulkhead);
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_deadline_ends_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(1).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(bulkhead);
    let started = now();
    let result = stack.service(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
    assert_eq!(now() - started, SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_too_long_is_no_timeout() {
    let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
    let result = bulkhead.layer(up()).oneshot(()).await;
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
}
