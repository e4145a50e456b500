use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_held_nothing() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let unpolled = call(&mut service, Ask::Hang);
    assert_eq!(layer.handle().in_flight(), 0);
    drop(unpolled);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_leaves_the_queue() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    drop(begin(&mut service, Ask::Answer));
    assert_eq!((layer.handle().queued(), layer.handle().in_flight()), (0, 1));
    let _next = begin(&mut service, Ask::Answer);
}

#[tokio::test(start_paused = true)]
async fn a_place_freed_after_the_last_waiter_left_is_open_to_all() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let held = begin(&mut service, Ask::Hang);
    drop(begin(&mut service, Ask::Answer));
    drop(held);
    assert!(layer.handle().try_enter().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_from_the_middle_is_passed_over() {
    let mut service = BulkheadLayer::builder(1).max_queue(3).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut first = begin(&mut service, Ask::Answer);
    let middle = begin(&mut service, Ask::Answer);
    let mut last = begin(&mut service, Ask::Answer);
    drop(middle);
    drop(held);
    assert!(matches!(first.poll(), Poll::Ready(Ok(7))));
    assert!(matches!(last.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_after_it_was_handed_a_place_hands_it_on() {
    let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let handed = begin(&mut service, Ask::Answer);
    let mut next = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(handed.is_woken() && !next.is_woken());
    drop(handed);
    assert!(next.is_woken());
    assert!(matches!(next.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn the_last_waiter_dropped_after_it_was_handed_a_place_frees_it() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let handed = begin(&mut service, Ask::Answer);
    drop(held);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (1, 0));
    drop(handed);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_handed_on_is_kept_back_where_a_shrink_took_it() {
    let layer = BulkheadLayer::builder(2).max_queue(2).build().unwrap();
    let mut service = layer.layer(inner());
    let [held, other] = [(); 2].map(|()| begin(&mut service, Ask::Hang));
    let [handed, mut next] = [(); 2].map(|()| begin(&mut service, Ask::Answer));
    drop(held);
    layer.handle().resize(1);
    drop(handed);
    assert!(!next.is_woken());
    drop(other);
    assert!(matches!(next.poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waited_and_is_dropped_in_flight_hands_its_place_on() {
    let mut service = BulkheadLayer::builder(1).max_queue(2).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut sent = begin(&mut service, Ask::Hang);
    let next = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(sent.poll().is_pending());
    drop(sent);
    assert!(next.is_woken());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_by_a_foreign_timeout_leaves_the_queue() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let foreign = ServiceBuilder::new().timeout(LONG).service(service);
    let error = foreign.oneshot(Ask::Answer).await.unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>());
    assert_eq!(layer.handle().queued(), 0);
}
