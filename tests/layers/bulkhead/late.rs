//! Calls whose deadline has passed, and who are not polled, or do not end.

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::*;

/// Whether the next call gets a place. It hangs, and is kept.
fn enters<S>(service: &mut S, kept: &mut Vec<Spawn<S::Future>>) -> bool
where
    S: Service<Ask, Response = u32, Error = Error>,
{
    let mut call = call(service, Ask::Hang);
    let enters = call.poll().is_pending();
    kept.push(call);
    enters
}

/// A call that nobody polls holds its only place until its deadline, and not a moment longer.
async fn a_place_is_held_until_the_deadline<S>(mut service: S, handle: &BulkheadHandle)
where
    S: Service<Ask, Response = u32, Error = Error>,
{
    let mut kept = Vec::new();
    for _ in 0..3 {
        assert!(enters(&mut service, &mut kept));
        advance(NEARLY).await;
        assert_eq!((handle.in_flight(), enters(&mut service, &mut kept)), (1, false));
        advance(MILLI).await;
        assert_eq!(handle.in_flight(), 0);
    }
    assert!(enters(&mut service, &mut kept));
    let last = kept.pop();
    drop(kept);
    assert_eq!(handle.in_flight(), 1, "late calls free nothing when they are dropped");
    drop(last);
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_polls_has_its_place_until_its_deadline() {
    let (limit, bulkhead, queue) = (TimeoutLayer::new(LONG), BulkheadLayer::new(1), queue(1, 0));
    a_place_is_held_until_the_deadline((limit.clone(), &bulkhead).layer(inner()), &bulkhead.handle()).await;
    a_place_is_held_until_the_deadline((limit.clone(), &queue).layer(inner()), &queue.handle()).await;
    let keyed = BulkheadLayer::builder(1).per_key(|_: &Ask| ()).build().unwrap();
    let mut service = keyed.layer(inner());
    assert!(is_answered(&mut call(&mut service, Ask::Answer)));
    let handle = keyed.handle().get(&()).unwrap();
    a_place_is_held_until_the_deadline(limit.layer(service), &handle).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_deadline_keeps_its_place() {
    let layer = BulkheadLayer::new(2);
    let mut service = layer.layer(inner());
    let _call = begin(&mut service, Ask::Hang);
    let _place = layer.handle().try_enter().unwrap();
    advance(100 * YEAR).await;
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    assert_eq!(layer.handle().in_flight(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_set_that_nobody_polls_do_not_fill_a_bulkhead() {
    let mut service = (TimeoutLayer::new(LONG), BulkheadLayer::new(3)).layer(inner());
    let mut set: FuturesUnordered<_> = (0..3).map(|_| call(&mut service, Ask::Hang)).collect();
    assert!(set.next().now_or_never().is_none());
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    advance(LONG).await;
    assert!(is_answered(&mut call(&mut service, Ask::Answer)));
}

#[tokio::test(start_paused = true)]
async fn a_late_calls_result_is_its_callers() {
    let service = up::<()>();
    let gate = service.stalled();
    let layer = queue(1, 0);
    let mut service = layer.layer(gate.clone());
    let mut late = spawn(Deadline::after(LONG).scope(service.call(())));
    assert!(late.poll().is_pending());
    advance(NEARLY).await;
    assert_eq!(reason(call(&mut service, ()).poll()), Some(RejectionReason::QueueFull));
    gate.release();
    assert!(matches!(late.poll(), Poll::Ready(Ok(()))));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_waiter_gets_a_late_calls_place() {
    let layer = queue(1, 2);
    let mut service = layer.layer(inner());
    let _late = begin(&mut TimeoutLayer::new(LONG).layer(&mut service), Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(LONG).await;
    assert!(!waiter.is_woken(), "nobody has looked");
    let mut newcomer = begin(&mut service, Ask::Answer);
    assert_eq!((waiter.is_woken(), layer.handle().queued()), (true, 1));
    assert!(newcomer.poll().is_pending());
    assert!(is_answered(&mut waiter) && is_answered(&mut newcomer));
}

#[tokio::test(start_paused = true)]
async fn a_guard_from_the_handle_looks_for_late_calls_too() {
    let layer = BulkheadLayer::new(1);
    let _late = begin(&mut (TimeoutLayer::new(LONG), &layer).layer(inner()), Ask::Hang);
    assert!(layer.handle().try_enter().is_err());
    advance(LONG).await;
    assert!(layer.handle().try_enter().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_place_handed_to_a_waiter_is_taken_back_after_its_wait() {
    let layer = BulkheadLayer::builder(1).max_wait(LONG).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    advance(NEARLY).await;
    assert_eq!(layer.handle().in_flight(), 1);
    advance(MILLI).await;
    assert_eq!(layer.handle().in_flight(), 0);
    let _next = begin(&mut service, Ask::Hang);
    assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
    drop(waiter);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_place_passes_waiters_whose_wait_is_over_to_one_in_time() {
    let layer = queue(1, 3);
    let mut service = layer.layer(inner());
    let _late = begin(&mut TimeoutLayer::new(LONG).layer(&mut service), Ask::Hang);
    let over: [_; 2] = begin_all(&mut TimeoutLayer::new(LONG).layer(&mut service), Ask::Hang);
    advance(LONG).await;
    assert!(is_answered(&mut call(&mut service, Ask::Answer)));
    drop(over);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}
