//! A bulkhead for each key.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_bulkhead_limits_each_key_on_its_own() {
    let layer = bulkheads().build().unwrap();
    let calls = [1, 1, 2].map(|host| begin(&layer, Hang(host)));
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::Full));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    let in_flight = |host| layer.handle().get(&host).map(|places| places.in_flight());
    assert_eq!([in_flight(1), in_flight(2)], [Some(2), Some(1)]);
    drop(calls);
    assert_eq!(ask(&layer, Answer(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_held_keeps_its_bulkhead_and_a_handle_does_not() {
    let layer = bulkheads().capacity(1).build().unwrap();
    let handle: Places = layer.handle();
    ask(&layer, Answer(1)).await.unwrap();
    let held = handle.get(&1).unwrap();
    let place = held.try_enter().unwrap();
    advance(IDLE).await;
    assert!(!makes_room(&layer, || sorted(&handle)).await);
    drop(place);
    advance(IDLE).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
    assert_eq!((held.in_flight(), held.limit()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_that_was_resized_stays_until_it_has_its_first_size_again() {
    let layer = bulkheads().build().unwrap();
    let handle: Places = layer.handle();
    let goes = async || {
        advance(IDLE).await;
        makes_room(&layer, || sorted(&handle)).await
    };
    ask(&layer, Answer(1)).await.unwrap();
    handle.get(&1).unwrap().resize(3);
    let room_for_another = goes().await;
    assert!(room_for_another && handle.get(&1).is_some());
    handle.get(&1).unwrap().resize(2);
    advance(IDLE).await;
    ask(&layer, Answer(2)).await.unwrap();
    assert_eq!(sorted(&handle), [2]);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_a_queue_of_its_own_and_who_waits_in_it_keeps_the_key() {
    let layer: PerKeyLayer<u32, Host, Queue, Plain, InTurn> =
        BulkheadLayer::builder(1).max_queue(1).per_key(host as Host).capacity(2).idle(IDLE).build().unwrap();
    let handle = layer.handle();
    let first = begin(&layer, Hang(1));
    let mut waits = begin(&layer, Answer(1));
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::QueueFull));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    let own = handle.get(&1).unwrap();
    assert_eq!((own.in_flight(), own.queued()), (1, 1));
    drop(own);
    advance(IDLE).await;
    ask(&layer, Answer(3)).await.unwrap();
    assert_eq!(sorted(&handle), [1, 3]);
    drop(first);
    assert!(waits.is_woken());
    assert!(matches!(waits.poll(), Poll::Ready(Ok(1))));
    drop(waits);
    advance(IDLE).await;
    ask(&layer, Answer(4)).await.unwrap();
    assert_eq!(sorted(&handle), [4]);
}

#[test]
fn there_are_never_more_keys_than_fit_while_four_threads_bring_their_own() {
    const CAPACITY: usize = 8;
    let layer = Arc::new(builder().capacity(CAPACITY).idle(Duration::ZERO).build().unwrap());
    thread::scope(|scope| {
        for thread in 0..4 {
            let layer = Arc::clone(&layer);
            scope.spawn(move || {
                let mut service = layer.layer(service_fn(|ask: Ask| ready(Ok::<_, Infallible>(host(&ask)))));
                for number in 0..2_000 {
                    let asked = thread * 2_000 + number;
                    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
                    let answer = spawn(service.call(Answer(asked))).poll();
                    assert!(matches!(answer, Poll::Ready(Ok(host)) if host == asked));
                    assert!(layer.handle().keys().len() <= CAPACITY);
                }
            });
        }
    });
    assert_eq!(layer.handle().len(), layer.handle().keys().len());
}
