use super::*;

#[tokio::test(start_paused = true)]
async fn a_longest_wait_turns_queueing_on() {
    let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let _waiting = begin(&mut service, Ask::Answer);
    assert_eq!(layer.handle().queued(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_longest_queue_turns_queueing_on() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let _waiting = begin(&mut service, Ask::Answer);
    assert_eq!(layer.handle().queued(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_as_long_as_there_are_places_unless_it_is_set() {
    let mut service = BulkheadLayer::builder(2).max_wait(LONG).build().unwrap().layer(inner());
    let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
    let _waiting = [begin(&mut service, Ask::Answer), begin(&mut service, Ask::Answer)];
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_set_holds_just_so_many() {
    let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let _waiting = [(); 3].map(|()| begin(&mut service, Ask::Answer));
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_queue_length_holds_whichever_setting_comes_first() {
    let mut service = BulkheadLayer::builder(1).max_queue(0).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_queue_of_none_still_admits_where_there_is_room() {
    let mut service = BulkheadLayer::builder(1).max_queue(0).build().unwrap().layer(inner());
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn waiters_get_places_in_the_order_in_which_they_came() {
    let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut first = begin(&mut service, Ask::Hang);
    let mut second = begin(&mut service, Ask::Answer);
    drop(held);
    assert!((first.is_woken(), second.is_woken()) == (true, false));
    assert!(second.poll().is_pending());
    assert!(first.poll().is_pending());
    drop(first);
    assert!(matches!(second.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_does_not_overtake_a_waiter_that_has_yet_to_run() {
    let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    let mut newcomer = begin(&mut service, Ask::Answer);
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
    assert!(matches!(newcomer.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn only_the_first_poll_joins_the_queue() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let _unpolled = call(&mut service, Ask::Answer);
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_exactly_when_its_limit_does() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(NEARLY).await;
    assert!(!waiter.is_woken());
    assert!(waiter.poll().is_pending());
    advance(TICK).await;
    assert!(waiter.is_woken());
    assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_comes_free_a_tick_before_the_limit_is_taken() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(NEARLY).await;
    drop(held);
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn who_waited_too_long_is_out_of_the_queue() {
    let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(LONG).await;
    let _rejected = waiter.poll();
    assert_eq!((layer.handle().queued(), layer.handle().in_flight()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_place_goes_past_who_waited_too_long_to_who_still_waits() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).max_queue(2).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut early = begin(&mut service, Ask::Answer);
    advance(TICK).await;
    let mut late = begin(&mut service, Ask::Answer);
    advance(NEARLY).await;
    let _rejected = early.poll();
    drop(held);
    assert!(matches!(late.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_in_the_limit_of_the_wait() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Hang);
    drop(held);
    assert!(waiter.poll().is_pending());
    advance(YEAR).await;
    assert!(!waiter.is_woken());
    assert!(waiter.poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_wait_lasts_as_long_as_the_deadline_leaves() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let mut waiter = begin(&mut TimeoutLayer::new(LONG).layer(bulkhead), Ask::Answer);
    advance(NEARLY).await;
    assert!(waiter.poll().is_pending());
    advance(TICK).await;
    assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn without_limit_and_deadline_a_wait_lasts_for_ever() {
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(100 * YEAR).await;
    assert!(waiter.poll().is_pending());
    drop(held);
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_limit_sooner_than_the_deadline_ends_the_wait() {
    let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let mut service = TimeoutLayer::new(2 * LONG).layer(bulkhead);
    let _held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(NEARLY).await;
    assert!(waiter.poll().is_pending());
    advance(TICK).await;
    assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_sooner_than_the_limit_ends_the_wait() {
    let mut service = BulkheadLayer::builder(1).max_wait(2 * LONG).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let mut waiter = spawn(Deadline::after(LONG).scope(service.call(Ask::Answer)));
    assert!(waiter.poll().is_pending());
    advance(NEARLY).await;
    assert!(waiter.poll().is_pending());
    advance(TICK).await;
    assert!(waiter.is_woken());
    assert_eq!(reason(waiter.poll()), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_not_reported_as_a_timeout() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let error = TimeoutLayer::new(LONG).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_with_the_limit_of_the_wait_does_not_hide_the_rejection() {
    let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let error = TimeoutLayer::new(LONG).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_off_the_timers_tick_does_not_hide_the_rejection() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let limit = Duration::from_nanos(1_500_001);
    let error = TimeoutLayer::new(limit).layer(bulkhead).oneshot(Ask::Answer).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn the_nearest_of_several_timeouts_ends_the_wait_as_a_rejection() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let service =
        ServiceBuilder::new().layer(TimeoutLayer::new(LONG)).layer(TimeoutLayer::new(2 * LONG)).service(bulkhead);
    let error = service.oneshot(Ask::Answer).await.unwrap_err();
    assert_eq!(error.rejection().map(Rejection::reason), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_call_past_its_deadline_does_not_wait() {
    let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let deadline = Deadline::after(TICK);
    advance(2 * TICK).await;
    let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
    assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_exactly_at_its_deadline_does_not_wait() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let deadline = Deadline::after(TICK);
    advance(TICK).await;
    let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
    assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_tick_left_waits_for_it() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let deadline = Deadline::after(2 * TICK);
    advance(TICK).await;
    let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
    assert!(late.poll().is_pending());
    drop(held);
    assert!(matches!(late.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn under_a_timeout_of_zero_a_full_bulkhead_still_says_so() {
    let bulkhead = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let _held = begin(&mut bulkhead.clone(), Ask::Hang);
    let mut late = call(&mut TimeoutLayer::new(Duration::ZERO).layer(bulkhead), Ask::Answer);
    assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
}

#[test]
fn a_wait_of_zero_is_over_at_once_and_needs_no_timer() {
    let layer = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::WaitedTooLong));
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_zero_costs_no_tick_of_the_timer() {
    let mut service = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    advance(TICK / 2).await;
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::WaitedTooLong));
}

#[test]
fn a_wait_without_limit_needs_no_timer() {
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn the_longest_of_waits_is_legal() {
    let mut service = BulkheadLayer::builder(1).max_wait(Duration::MAX).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(10 * YEAR).await;
    assert!(waiter.poll().is_pending());
    drop(held);
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_resize_leaves_the_length_of_the_queue() {
    let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
    let mut service = layer.layer(inner());
    layer.handle().resize(2);
    let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
    let _waiting = begin(&mut service, Ask::Answer);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_shrink_leaves_the_length_of_the_queue() {
    let layer = BulkheadLayer::builder(2).max_wait(LONG).build().unwrap();
    let mut service = layer.layer(inner());
    layer.handle().resize(0);
    let _waiting = [begin(&mut service, Ask::Answer), begin(&mut service, Ask::Answer)];
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_is_not_sent_before_it_has_a_place() {
    let inner = inner();
    let calls = inner.calls();
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner);
    let _held = begin(&mut service, Ask::Hang);
    let _waiting = begin(&mut service, Ask::Answer);
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_changes_tasks_is_woken_in_the_last_one() {
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = spawn(Box::pin(service.call(Ask::Answer)));
    assert!(waiter.poll().is_pending());
    let mut moved = spawn(waiter.into_inner());
    assert!(moved.poll().is_pending());
    drop(held);
    assert!(moved.is_woken());
}
