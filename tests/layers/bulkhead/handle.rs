use super::*;

#[tokio::test(start_paused = true)]
async fn it_shows_what_is_in_flight_and_what_waits() {
    let layer =
        BulkheadLayer::builder(2).name(Name::new("payments").unwrap()).max_wait(LONG).max_queue(3).build().unwrap();
    let mut service = layer.layer(inner());
    let _pending: [_; 5] = begin_all(&mut service, Ask::Hang);
    let handle = layer.handle();
    assert_eq!((handle.in_flight(), handle.queued(), handle.limit()), (2, 3, 2));
    assert_eq!(handle.name().as_str(), "payments");
}

#[test]
fn it_tells_the_limit_as_it_was_set_and_keeps_what_is_in_flight() {
    let handle = BulkheadLayer::new(3).handle();
    let _places = [(); 3].map(|()| handle.try_enter().unwrap());
    for limit in [0, usize::MAX, 1, 1000] {
        handle.resize(limit);
        assert_eq!((handle.limit(), handle.in_flight()), (limit, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn growing_wakes_as_many_waiters_as_there_are_new_places() {
    for (limits, woken) in [
        (&[2, 3][..], [true, true, false]),
        (&[usize::MAX], [true; 3]),
        (&[0, 1], [false; 3]),
        (&[0, 2], [true, false, false]),
    ] {
        let layer = queue(1, 3);
        let mut service = layer.layer(inner());
        let _held = begin(&mut service, Ask::Hang);
        let waiters: [_; 3] = begin_all(&mut service, Ask::Hang);
        for &limit in limits {
            layer.handle().resize(limit);
        }
        assert_eq!(waiters.each_ref().map(Spawn::is_woken), woken, "{limits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn shrinking_ends_no_call_and_lets_none_in_before_enough_end() {
    let layer = BulkheadLayer::new(3);
    let mut service = layer.layer(inner());
    let mut held: [_; 3] = begin_all(&mut service, Ask::Hang);
    layer.handle().resize(1);
    assert!(held.iter_mut().all(|call| call.poll().is_pending()));
    let admitted = held.map(|held| {
        drop(held);
        is_answered(&mut call(&mut service, Ask::Answer))
    });
    assert_eq!(admitted, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_guard_shares_the_places_of_the_services() {
    let layer = queue(1, 1);
    let handle = layer.handle();
    let place = handle.try_enter().unwrap();
    assert_eq!(handle.try_enter().unwrap_err().reason(), RejectionReason::Full);
    let waiter = begin(&mut layer.layer(inner()), Ask::Answer);
    drop(layer);
    drop(place);
    assert!(waiter.is_woken() && handle.try_enter().is_err());
    drop(waiter);
    assert_eq!(handle.in_flight(), 0);
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
