use super::*;

#[tokio::test(start_paused = true)]
async fn a_queue_is_as_long_as_the_settings_say() {
    let builder = BulkheadLayer::builder;
    for (claim, queue, places, length) in [
        ("as many as there are places", builder(2).max_wait(LONG), 2, 2),
        ("none where there are none", builder(0).max_wait(LONG), 0, 0),
        ("as many as are set", builder(1).max_queue(3), 1, 3),
        ("none where none is set", builder(1).max_queue(0), 1, 0),
        ("whichever setting comes first", builder(1).max_queue(0).max_wait(LONG), 1, 0),
        ("without an end", builder(1).max_queue(usize::MAX), 1, 1000),
    ] {
        let layer = queue.build().unwrap();
        let mut service = layer.layer(inner());
        let _pending: Vec<_> = (0..places + length).map(|_| begin(&mut service, Ask::Hang)).collect();
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (places, length), "{claim}");
        let rejected = reason(call(&mut service, Ask::Answer).poll());
        assert_eq!(rejected, (length < 1000).then_some(RejectionReason::QueueFull), "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resize_leaves_the_length_of_the_queue() {
    for (places, resized) in [(1, 2), (2, 0)] {
        let layer = BulkheadLayer::builder(places).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        layer.handle().resize(resized);
        let _pending: Vec<_> = (0..resized + places).map(|_| begin(&mut service, Ask::Hang)).collect();
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
    }
}

#[tokio::test(start_paused = true)]
async fn waiters_get_places_in_the_order_in_which_they_came() {
    let mut service = queue(1, 3).layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut first = begin(&mut service, Ask::Hang);
    let dropped = begin(&mut service, Ask::Answer);
    let mut second = begin(&mut service, Ask::Answer);
    drop(held);
    drop(dropped);
    assert_eq!((first.is_woken(), second.is_woken()), (true, false));
    let mut newcomer = begin(&mut service, Ask::Answer);
    assert!(second.poll().is_pending());
    assert!(first.poll().is_pending());
    drop(first);
    assert!(is_answered(&mut second));
    assert!(is_answered(&mut newcomer));
}

#[tokio::test(start_paused = true)]
async fn only_the_first_poll_joins_the_queue() {
    let layer = queue(1, 1);
    let mut service = layer.layer(inner());
    let unpolled = call(&mut service, Ask::Hang);
    assert_eq!(layer.handle().in_flight(), 0);
    let _held = begin(&mut service, Ask::Hang);
    let _unpolled = (unpolled, call(&mut service, Ask::Answer));
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_readies_and_sends_nothing_before_it_has_a_place() {
    let service = up::<()>();
    let calls = service.calls();
    let (layer, gate) = (queue(1, 1), service.stalled());
    let place = layer.handle().try_enter().unwrap();
    let mut waiter = begin(&mut layer.layer(gate.clone()), ());
    assert_eq!(gate.polls().count(), 0);
    drop(place);
    assert!(waiter.poll().is_pending());
    assert_eq!((gate.polls().count(), calls.count(), layer.handle().in_flight()), (1, 0, 1));
    gate.release();
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(()))));
    assert_eq!((calls.count(), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_admitted_call_dropped_before_it_is_ready_frees_its_place() {
    let layer = queue(1, 1);
    drop(begin(&mut layer.layer(up::<()>().stalled()), ()));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_dropped_by_a_foreign_timeout_leaves_the_queue() {
    let layer = queue(1, 1);
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let foreign = ServiceBuilder::new().timeout(LONG).service(service);
    let error = foreign.oneshot(Ask::Answer).await.unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>());
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_changes_tasks_is_woken_in_the_last_one() {
    let mut service = queue(1, 1).layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = spawn(Box::pin(service.call(Ask::Answer)));
    assert!(waiter.poll().is_pending());
    let mut moved = spawn(waiter.into_inner());
    assert!(moved.poll().is_pending());
    drop(held);
    assert!(moved.is_woken());
}
