//! Keys that make room, and keys that stay. When an entry that nothing keeps goes is claimed in `src/state/tests/keys`.

use super::*;

/// Lets the idle time pass for key 2 and not for key 1; tells whether key 2 makes room for another then.
async fn second_goes(layer: &Breakers) -> bool {
    advance(IDLE).await;
    answer(layer, [1]).await;
    keys_after_another(layer, || sorted(&layer.handle())).await == [1, 99]
}

/// A full layer of the keys 1 and 2, whose circuits stay open for twice the idle time.
async fn long_open() -> Breakers {
    let builder = pattern().open_for(Backoff::constant(2 * IDLE)).per_key(host as Host).capacity(2).idle(IDLE);
    let layer = builder.build().expect("its settings are legal");
    answer(&layer, [1, 2]).await;
    layer
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_room_when_it_was_idle_for_long_enough() {
    let (layer, handle) = full().await;
    advance(NEARLY).await;
    answer(&layer, [1]).await;
    assert_eq!(keys_after_another(&layer, || sorted(&handle)).await, [1, 2], "a second too soon");
    advance(SECOND).await;
    assert_eq!(keys_after_another(&layer, || sorted(&handle)).await, [1, 99]);
}

#[tokio::test(start_paused = true)]
async fn calls_and_guards_keep_a_key_and_handles_do_not() {
    type Hold = fn(&Breakers) -> Box<dyn Any>;
    let circuit = |layer: &Breakers| layer.handle().get(&2).unwrap();
    for (claim, hold, stays) in [
        ("a call in flight", (|layer| Box::new(begin(&mut layer.layer(inner()), Hang(2)))) as Hold, true),
        ("a guard", |layer| Box::new(layer.handle().get(&2).unwrap().try_enter().unwrap()), true),
        ("handles", |layer| Box::new([(); 3].map(|()| layer.handle().get(&2))), false),
    ] {
        let (layer, _) = full().await;
        let held = hold(&layer);
        assert_eq!(second_goes(&layer).await, !stays, "{claim}");
        if stays {
            assert_eq!(circuit(&layer).phase(), Phase::Closed);
            drop(held);
            assert!(second_goes(&layer).await, "{claim} no more");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_key_that_was_let_go_of_works_on_what_it_had() {
    let (layer, handle) = full().await;
    let held = handle.get(&2).unwrap();
    assert!(second_goes(&layer).await);
    held.force_open();
    assert_eq!((held.phase(), held.try_enter().is_err()), (Phase::ForcedOpen, true));
    advance(IDLE).await;
    answer(&layer, [2]).await;
    assert_eq!(phase(&handle, 2), Some(Phase::Closed), "the key came back without it");
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_was_set_by_hand_stays_until_it_is_reset() {
    let by_hand = [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only];
    for set in by_hand {
        let (layer, handle) = full().await;
        set(&handle.get(&2).unwrap());
        assert!(!second_goes(&layer).await);
        handle.get(&2).unwrap().reset();
        assert!(second_goes(&layer).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_is_open_stays_until_its_time_is_over() {
    let layer = long_open().await;
    let held = layer.handle().get(&2).unwrap();
    for _ in 0..2 {
        held.try_enter().unwrap().failure();
    }
    assert!(!second_goes(&layer).await);
    assert_eq!(phase(&layer.handle(), 2), Some(Phase::Open));
    advance(NEARLY).await;
    answer(&layer, [1]).await;
    assert_eq!(keys_after_another(&layer, || sorted(&layer.handle())).await, [1, 2], "a second too soon");
    advance(SECOND).await;
    assert_eq!(keys_after_another(&layer, || sorted(&layer.handle())).await, [1, 99]);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_open_circuit_was_reset_makes_room_when_idle() {
    let layer = long_open().await;
    trip(&layer, 2).await;
    assert!(!second_goes(&layer).await);
    layer.handle().get(&2).unwrap().reset();
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_circuit_makes_room_and_comes_back_closed() {
    let (layer, handle) = full().await;
    trip(&layer, 2).await;
    advance(OPEN).await;
    answer(&layer, [2]).await;
    assert_eq!(phase(&handle, 2), Some(Phase::HalfOpen), "one probe of two came back");
    assert!(second_goes(&layer).await);
    advance(IDLE).await;
    ask(&layer, Fail(2)).await.unwrap_err();
    let snapshot = handle.get(&2).unwrap().snapshot();
    assert_eq!((snapshot.phase, snapshot.counts.consecutive), (Phase::Closed, 1));
}
