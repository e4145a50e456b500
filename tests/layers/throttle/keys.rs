//! Counts for each key.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_key_is_counted_for_itself() {
    let throttle = builder().per_key(|request: &u32| *request % 2).build().unwrap();
    let service = throttle.layer(service_fn(async |key: u32| if key % 2 == 0 { Err(Down(1)) } else { Ok(key) }));
    for request in 0..400 {
        service.clone().oneshot(request).await.ok();
    }
    let of = |key| throttle.handle().get(&key).unwrap().snapshot(Criticality::Critical);
    assert_eq!((of(1).requests, of(1).rejected), (200, 0));
    assert!(of(0).rejected > 100 && of(0).accepts == 0, "{:?}", of(0));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_rejects_calls_makes_no_room_for_a_window() {
    let throttle = builder().per_key(|request: &u32| *request).capacity(1).idle(SECOND).build().unwrap();
    let service = throttle.layer(down::<u32>());
    for _ in 0..100 {
        service.clone().oneshot(1).await.ok();
    }
    let keys = async |wait| {
        advance(wait).await;
        service.clone().oneshot(2).await.ok();
        throttle.handle().keys()
    };
    assert_eq!(keys(10 * SECOND).await, [1]);
    assert_eq!(keys(WINDOW).await, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_key_stays_while_its_call_is_in_flight() {
    let throttle = builder().per_key(|request: &u32| *request).capacity(1).idle(SECOND).build().unwrap();
    let mut service = throttle.layer(hung::<u32>());
    let call = begin(&mut service, 1);
    for seconds in [0, 1, 1_000] {
        advance(SECOND * seconds).await;
        drop(begin(&mut service, 2));
        assert_eq!(throttle.handle().keys(), [1], "after {seconds} s");
    }
    drop(call);
    advance(SECOND).await;
    drop(begin(&mut service, 2));
    assert_eq!(throttle.handle().keys(), [2]);
}
