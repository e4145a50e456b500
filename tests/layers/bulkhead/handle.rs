use super::*;

#[tokio::test(start_paused = true)]
async fn it_shows_what_is_in_flight_and_what_waits() {
    let layer = BulkheadLayer::builder(2).max_queue(3).name("payments").build().unwrap();
    let mut service = layer.layer(inner());
    let _held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
    let _waiting = [(); 3].map(|()| begin(&mut service, Ask::Hang));
    let handle = layer.handle();
    assert_eq!((handle.in_flight(), handle.queued(), handle.limit()), (2, 3, 2));
    assert_eq!(handle.name().as_str(), "payments");
}

#[test]
fn it_tells_the_limit_as_it_was_set() {
    for limit in [0, 1, 1000, usize::MAX] {
        let handle = BulkheadLayer::new(limit).handle();
        assert_eq!(handle.limit(), limit);
        handle.resize(5);
        handle.resize(limit);
        assert_eq!(handle.limit(), limit);
    }
}

#[test]
fn a_resize_keeps_what_is_in_flight() {
    let handle = BulkheadLayer::new(3).handle();
    let _places = [(); 3].map(|()| handle.try_enter().unwrap());
    for limit in [0, usize::MAX, 1] {
        handle.resize(limit);
        assert_eq!(handle.in_flight(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn growing_wakes_as_many_waiters_as_there_are_new_places() {
    let layer = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let waiters = [(); 3].map(|()| begin(&mut service, Ask::Hang));
    layer.handle().resize(3);
    assert_eq!(waiters.each_ref().map(Spawn::is_woken), [true, true, false]);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn growing_without_end_wakes_all_waiters() {
    let layer = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    let waiters = [(); 3].map(|()| begin(&mut service, Ask::Hang));
    layer.handle().resize(usize::MAX);
    assert_eq!(waiters.each_ref().map(Spawn::is_woken), [true; 3]);
    assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn shrinking_ends_no_call() {
    let layer = BulkheadLayer::new(2);
    let mut service = layer.layer(inner());
    let mut held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
    layer.handle().resize(0);
    assert!(held.iter_mut().all(|call| call.poll().is_pending()));
    assert_eq!(layer.handle().in_flight(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_shrink_none_is_let_in_until_enough_have_ended() {
    let layer = BulkheadLayer::new(3);
    let mut service = layer.layer(inner());
    let [first, second, third] = [(); 3].map(|()| begin(&mut service, Ask::Hang));
    layer.handle().resize(1);
    for held in [first, second] {
        drop(held);
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    }
    drop(third);
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn after_a_shrink_no_waiter_is_woken_until_enough_have_ended() {
    let layer = BulkheadLayer::builder(3).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let held = [(); 3].map(|()| begin(&mut service, Ask::Hang));
    let waiter = begin(&mut service, Ask::Answer);
    layer.handle().resize(1);
    let woken = held.map(|held| {
        drop(held);
        waiter.is_woken()
    });
    assert_eq!(woken, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn growing_back_wakes_only_beyond_what_is_still_in_flight() {
    let layer = BulkheadLayer::builder(2).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let _held = [(); 2].map(|()| begin(&mut service, Ask::Hang));
    let waiter = begin(&mut service, Ask::Answer);
    layer.handle().resize(0);
    layer.handle().resize(2);
    assert!(!waiter.is_woken());
    layer.handle().resize(3);
    assert!(waiter.is_woken());
}

#[tokio::test(start_paused = true)]
async fn with_no_places_waiters_wait_for_a_resize() {
    let layer = BulkheadLayer::builder(0).max_queue(1).build().unwrap();
    let mut waiter = begin(&mut layer.layer(inner()), Ask::Answer);
    layer.handle().resize(1);
    assert!(waiter.is_woken());
    assert!(matches!(waiter.poll(), Poll::Ready(Ok(7))));
}

#[test]
fn a_guard_holds_its_place_until_it_is_dropped() {
    let handle = BulkheadLayer::new(1).handle();
    let place = handle.try_enter().unwrap();
    assert_eq!(handle.try_enter().unwrap_err().reason(), RejectionReason::Full);
    drop(place);
    assert!(handle.try_enter().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_guard_takes_a_place_of_the_services() {
    let layer = BulkheadLayer::new(1);
    let _place = layer.handle().try_enter().unwrap();
    let mut service = layer.layer(inner());
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_guard_hands_its_place_to_a_waiter() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let waiter = begin(&mut layer.layer(inner()), Ask::Answer);
    drop(place);
    assert!(waiter.is_woken());
    assert!(layer.handle().try_enter().is_err());
}

#[test]
fn a_guard_outlives_its_layer() {
    let handle = BulkheadLayer::new(1).handle();
    let place = handle.try_enter().unwrap();
    let other = handle.clone();
    drop(handle);
    drop(place);
    assert_eq!(other.in_flight(), 0);
}

#[test]
fn a_guard_dropped_in_a_panic_frees_its_place() {
    let handle = BulkheadLayer::new(1).handle();
    let place = handle.try_enter().unwrap();
    assert!(panics(move || {
        let _place = place;
        panic!("with a place")
    }));
    assert_eq!(handle.in_flight(), 0);
}
