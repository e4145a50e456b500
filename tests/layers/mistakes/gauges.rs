//! A bulkhead is empty after its calls.

use super::*;

type Told = oneshot::Receiver<()>;

/// A service that answers when it is told to.
macro_rules! told {
    () => {
        strict(|told: Told| told.map(|told| told.map_err(|_| Down(1))))
    };
}

fn assert_idle(bulkhead: &BulkheadHandle, after: &str) {
    assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (0, 0), "after {after}");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_is_empty_after_every_end_of_a_call() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let handle = bulkhead.handle();
    bulkhead.layer(up()).oneshot(()).await.unwrap();
    assert_idle(&handle, "a success");
    bulkhead.layer(down()).oneshot(()).await.unwrap_err();
    assert_idle(&handle, "an error");
    TimeoutLayer::new(SECOND).layer(bulkhead.layer(stuck())).oneshot(()).await.unwrap_err();
    assert_idle(&handle, "a timeout");
    let broken = || -> Result<(), Down> { panic!("broken") };
    let in_poll = bulkhead.layer(strict(move |()| async move { broken() }));
    assert!(AssertUnwindSafe(in_poll.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in poll");
    let in_call = bulkhead.layer(strict(move |()| ready(broken())));
    assert!(AssertUnwindSafe(in_call.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in call");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_is_empty_after_a_drop_at_every_point() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let handle = bulkhead.handle();
    let mut service = bulkhead.layer(stuck());
    service.ready().await.unwrap();
    drop(service.call(()));
    assert_idle(&handle, "a drop before the first poll");
    let mut call = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    assert_eq!(handle.in_flight(), 1);
    let mut waiting = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(waiting.poll());
    assert_eq!(handle.queued(), 1);
    drop(waiting);
    assert_eq!((handle.in_flight(), handle.queued()), (1, 0));
    let mut handed = task::spawn(bulkhead.layer(stuck()).oneshot(()));
    assert_pending!(handed.poll());
    drop(call);
    drop(handed);
    assert_idle(&handle, "a drop of a waiter that was handed a place");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_without_a_queue_is_empty_after_every_end_of_a_call() {
    let bulkhead = BulkheadLayer::new(1);
    let handle = bulkhead.handle();
    let mut service = bulkhead.layer(told!());
    let (_answer, told) = oneshot::channel();
    let call = service.ready().await.unwrap().call(told);
    assert_eq!(reason(&bulkhead.layer(up()).oneshot(()).await), Some(RejectionReason::Full));
    assert_eq!(handle.in_flight(), 1);
    drop(call);
    assert_idle(&handle, "a drop");
    let in_call = bulkhead.layer(strict(|()| -> Answers<()> { panic!("broken") }));
    assert!(AssertUnwindSafe(in_call.oneshot(())).catch_unwind().await.is_err());
    assert_idle(&handle, "a panic in call");
}
