//! Keys that make room, and keys that stay.

use super::*;

/// Lets the idle time pass for key 2 and not for key 1; tells whether there is room for another then.
async fn second_goes(layer: &Breakers) -> bool {
    advance(IDLE).await;
    ask(layer, Answer(1)).await.expect("its circuit is closed");
    let handle = layer.handle();
    makes_room(layer, || sorted(&handle)).await
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_room_when_it_was_idle_for_long_enough() {
    let (layer, handle) = full().await;
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&handle)).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
    assert_eq!(sorted(&handle), [1, 99]);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_keys_does_not_make_them_young_again() {
    let (layer, handle) = full().await;
    advance(NEARLY).await;
    assert!(handle.get(&2).is_some());
    assert_eq!(handle.keys().len(), 2);
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_with_a_call_in_flight_stays() {
    let (layer, handle) = full().await;
    let call = begin(&layer, Hang(2));
    assert!(!second_goes(&layer).await);
    assert!(handle.get(&2).is_some());
    drop(call);
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_guard_is_held_stays() {
    let (layer, handle) = full().await;
    let guard = handle.get(&2).unwrap().try_enter().unwrap();
    assert!(!second_goes(&layer).await);
    guard.success();
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_is_held_keeps_no_key() {
    let (layer, handle) = full().await;
    let held = [handle.get(&2), handle.get(&2), handle.get(&2).clone()];
    assert!(second_goes(&layer).await);
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_held_keeps_its_key_whatever_became_of_its_handle() {
    let (layer, handle) = full().await;
    let held = handle.get(&2).unwrap();
    let guard = held.try_enter().unwrap();
    assert!(!second_goes(&layer).await);
    drop(held);
    assert!(!second_goes(&layer).await);
    drop(guard);
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_key_that_was_let_go_of_works_on_what_it_had() {
    let (layer, handle) = full().await;
    let held = handle.get(&2).unwrap();
    assert!(second_goes(&layer).await);
    held.force_open();
    assert_eq!(held.phase(), Phase::ForcedOpen);
    assert!(held.try_enter().is_err());
    advance(IDLE).await;
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2, "the key came back without it");
    assert_eq!(phase(&handle, 2), Some(Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_a_held_handle_opened_stays_open() {
    let layer = pattern().open_for(Backoff::constant(2 * IDLE)).per_key(host as Host).capacity(2).idle(IDLE).build();
    let layer = layer.unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    ask(&layer, Answer(2)).await.unwrap();
    let held = layer.handle().get(&2).unwrap();
    for _ in 0..2 {
        held.try_enter().unwrap().failure();
    }
    assert!(!second_goes(&layer).await);
    assert_eq!(phase(&layer.handle(), 2), Some(Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_found_in_use_is_idle_from_then_on() {
    let (layer, handle) = full().await;
    let call = begin(&layer, Hang(2));
    assert!(!second_goes(&layer).await);
    drop(call);
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&handle)).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
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
    let layer = pattern().open_for(Backoff::constant(2 * IDLE)).per_key(host as Host).capacity(2).idle(IDLE).build();
    let layer = layer.unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    trip(&layer, 2).await;
    assert!(!second_goes(&layer).await);
    assert_eq!(phase(&layer.handle(), 2), Some(Phase::Open));
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&layer.handle())).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&layer.handle())).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_open_circuit_was_reset_makes_room_when_it_is_idle_however_long_it_was_to_be_open() {
    for open in [2 * IDLE, Duration::MAX] {
        let layer = pattern().open_for(Backoff::constant(open)).per_key(host as Host).capacity(1).idle(IDLE).build();
        let layer = layer.unwrap();
        trip(&layer, 1).await;
        advance(IDLE).await;
        assert!(!makes_room(&layer, || sorted(&layer.handle())).await);
        layer.handle().get(&1).unwrap().reset();
        advance(IDLE).await;
        assert!(makes_room(&layer, || sorted(&layer.handle())).await, "{open:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_is_half_open_makes_room() {
    let (layer, handle) = full().await;
    trip(&layer, 2).await;
    advance(OPEN).await;
    ask(&layer, Answer(2)).await.unwrap();
    assert_eq!(phase(&handle, 2), Some(Phase::HalfOpen), "one probe of two came back");
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_let_go_of_comes_back_closed() {
    let (layer, handle) = full().await;
    trip(&layer, 2).await;
    assert!(second_goes(&layer).await);
    advance(IDLE).await;
    ask(&layer, Fail(2)).await.unwrap_err();
    let snapshot = handle.get(&2).unwrap().snapshot();
    assert_eq!((snapshot.phase, snapshot.counts.consecutive), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_floods_do_not_use_stays_protected_in_a_full_map() {
    let layer = builder().capacity(1).idle(Duration::ZERO).build().unwrap();
    let held = begin(&layer, Hang(1));
    for host in 2..1000 {
        ask(&layer, Answer(host)).await.unwrap();
    }
    assert_eq!(layer.handle().keys(), [1]);
    drop(held);
}
