//! A bulkhead for each key.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_bulkhead_limits_each_key_on_its_own() {
    let layer = bulkheads().build().unwrap();
    let calls = [1, 1, 2].map(|host| begin(&mut layer.layer(inner()), Hang(host)));
    assert_eq!(reason(&ask(&layer, Answer(1)).await), Some(RejectionReason::Full));
    answer(&layer, [2]).await;
    let in_flight = |host| layer.handle().get(&host).map(|places| places.in_flight());
    assert_eq!([in_flight(1), in_flight(2)], [Some(2), Some(1)]);
    drop(calls);
    answer(&layer, [1]).await;
}

#[tokio::test(start_paused = true)]
async fn a_held_place_keeps_its_bulkhead_and_a_handle_does_not() {
    let layer = bulkheads().capacity(1).build().unwrap();
    let handle: Places = layer.handle();
    answer(&layer, [1]).await;
    let held = handle.get(&1).unwrap();
    let place = held.try_enter().unwrap();
    advance(IDLE).await;
    assert_eq!(keys_after_another(&layer, || sorted(&handle)).await, [1]);
    drop(place);
    advance(IDLE).await;
    assert_eq!(keys_after_another(&layer, || sorted(&handle)).await, [99]);
    assert_eq!((held.in_flight(), held.limit()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_resized_bulkhead_stays_until_it_has_its_first_size_again() {
    let layer = bulkheads().capacity(1).build().unwrap();
    let handle: Places = layer.handle();
    answer(&layer, [1]).await;
    for (size, keys) in [(3, [1]), (2, [99])] {
        handle.get(&1).unwrap().resize(size);
        advance(IDLE).await;
        assert_eq!(keys_after_another(&layer, || sorted(&handle)).await, keys, "{size} places");
    }
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_queue_and_a_waiter_keeps_the_key() {
    let builder = BulkheadLayer::builder(1).max_queue(1).per_key(host as Host).capacity(2).idle(IDLE);
    let layer = builder.build().unwrap();
    let handle: Places = layer.handle();
    let first = begin(&mut layer.layer(inner()), Hang(1));
    let mut waits = begin(&mut layer.layer(inner()), Answer(1));
    assert_eq!(reason(&ask(&layer, Answer(1)).await), Some(RejectionReason::QueueFull));
    answer(&layer, [2]).await;
    let own = handle.get(&1).unwrap();
    assert_eq!((own.in_flight(), own.queued()), (1, 1));
    drop(own);
    advance(IDLE).await;
    answer(&layer, [3]).await;
    assert_eq!(sorted(&handle), [1, 3]);
    drop(first);
    assert!(waits.is_woken());
    assert!(matches!(waits.poll(), Poll::Ready(Ok(1))));
    drop(waits);
    advance(IDLE).await;
    answer(&layer, [4]).await;
    assert_eq!(sorted(&handle), [4]);
}
