//! A rate for each key.

use std::sync::mpsc;
use std::thread;

use super::*;
use palisade::event::{self, Event, Source};
use palisade::rate_limit::Quota;
use palisade::{Name, PerKeyLayer};

type Keyed = PerKeyLayer<u32, fn(&u32) -> u32, Quota>;
type Limits = PerKeyHandle<u32, RateLimitHandle>;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "keys are taken by reference")]
fn key(request: &u32) -> u32 {
    *request
}

/// Two calls at once for each of so many keys, and one each second.
fn keyed(capacity: usize) -> Keyed {
    builder(2).per_key(key as fn(&u32) -> u32).capacity(capacity).build().expect("the settings are legal")
}

/// Calls for these keys, one after another: which passed.
async fn pass<const N: usize>(layer: &Keyed, keys: [u32; N]) -> [bool; N] {
    let mut passed = [false; N];
    for (passed, key) in passed.iter_mut().zip(keys) {
        let result = layer.layer(up()).oneshot(key).await;
        *passed = result.is_ok();
        assert!([None, LIMITED].contains(&reason(&result)));
    }
    passed
}

fn kept(layer: &Keyed) -> Vec<u32> {
    let mut keys = layer.handle().keys();
    keys.sort_unstable();
    keys
}

#[tokio::test(start_paused = true)]
async fn each_key_has_a_rate_of_its_own() {
    let layer = keyed(9);
    assert_eq!(pass(&layer, [1, 1, 1, 2, 2, 1]).await, [true, true, false, true, true, false]);
    advance(SECOND).await;
    assert_eq!(pass(&layer, [1, 1, 2]).await, [true, false, true]);
    let own = layer.handle().get(&1).unwrap().snapshot();
    assert_eq!((own.available, own.rejected, own.next), (0, 3, Some(SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_key_with_a_full_bucket_makes_room_at_any_time() {
    let layer = keyed(2);
    assert_eq!(pass(&layer, [1, 2, 2, 3, 3, 3]).await, [true; 6], "there is no room for the third");
    assert_eq!(kept(&layer), [1, 2]);
    advance(just_before(SECOND)).await;
    pass(&layer, [3]).await;
    assert_eq!(kept(&layer), [1, 2]);
    advance(NANO).await;
    pass(&layer, [3]).await;
    assert_eq!(kept(&layer), [2, 3]);
    assert_eq!(pass(&layer, [2, 2]).await, [true, false], "what is not full again is kept");
}

#[tokio::test(start_paused = true)]
async fn a_large_map_finds_full_buckets_after_few_misses_and_idle_or_not() {
    let layer = keyed(1_000);
    for key in 0..1_000 {
        pass(&layer, [key]).await;
    }
    assert!(layer.handle().get(&1_000).is_none());
    advance(SECOND).await;
    for key in 1_000..1_126 {
        pass(&layer, [key]).await;
    }
    assert!(layer.handle().get(&1_125).is_some(), "a sweep comes after an eighth of the keys");
    assert!(layer.handle().len() <= 126, "all the others were full");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_is_rejected_where_it_is_set_so() {
    let layer = builder(2).per_key(|key: &u32| *key).capacity(1).reject_when_full().build().unwrap();
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(reason(&layer.layer(up()).oneshot(2).await), Some(RejectionReason::KeysFull));
    advance(SECOND).await;
    layer.layer(up()).oneshot(2).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rate_set_for_all_holds_for_all_keys_those_to_come_too() {
    let layer = keyed(9);
    pass(&layer, [1, 1]).await;
    let limits: Limits = layer.handle();
    limits.set_rate(Rate::per_second(10)).unwrap();
    limits.set_burst(3).unwrap();
    assert_eq!(pass(&layer, [1, 1, 2, 2, 2, 2]).await, [true, false, true, true, true, false]);
    advance(SECOND / 10).await;
    assert_eq!(pass(&layer, [1, 1, 2, 2, 3, 3, 3, 3]).await, [true, false, true, false, true, true, true, false]);
    assert!(limits.set_rate(Rate::per(Duration::ZERO, 1)).is_err());
    assert!(limits.set_burst(0).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_set_by_hand_stays_until_all_are_set() {
    let layer = keyed(1);
    pass(&layer, [1]).await;
    layer.handle().get(&1).unwrap().set_rate(Rate::per_second(5)).unwrap();
    advance(YEAR).await;
    pass(&layer, [2]).await;
    assert_eq!(kept(&layer), [1]);
    layer.handle().set_rate(Rate::per_second(1)).unwrap();
    pass(&layer, [2]).await;
    assert_eq!(kept(&layer), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_burst_set_for_all_leaves_a_rate_set_by_hand() {
    let layer = keyed(1);
    pass(&layer, [1]).await;
    layer.handle().get(&1).unwrap().set_rate(Rate::per_second(5)).unwrap();
    layer.handle().set_burst(9).unwrap();
    advance(YEAR).await;
    pass(&layer, [2]).await;
    assert_eq!(kept(&layer), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_faster_rate_for_all_makes_room_in_a_full_map() {
    let slow = RateLimitLayer::builder("api", Rate::per(YEAR, 1));
    let layer: Keyed = slow.per_key(key as fn(&u32) -> u32).capacity(100).build().unwrap();
    for key in 0..200 {
        pass(&layer, [key]).await;
    }
    layer.handle().set_rate(Rate::per_second(1_000)).unwrap();
    advance(MILLI).await;
    for key in 200..213 {
        pass(&layer, [key]).await;
    }
    assert!(layer.handle().get(&212).is_some(), "a sweep comes after an eighth of the keys");
}

#[test]
fn an_observer_may_look_at_the_keys_while_all_are_set() {
    let name = Name::new("observed rates").unwrap();
    let layer =
        RateLimitLayer::builder("api", Rate::per_second(1)).name(name).per_key(|key: &u32| *key).build().unwrap();
    let limits = layer.handle();
    assert!(limits.block(1, SECOND) && limits.block(2, SECOND));
    let (tell, told) = mpsc::channel();
    let seen = limits.clone();
    let _subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
        if let (true, Event::RateSet { burst, .. }) = (source.name() == name, event) {
            assert!(seen.get(&1).is_some());
            tell.send((*burst, seen.iter().count())).ok();
        }
    });
    thread::spawn(move || limits.set_burst(7));
    // The limit is for a thread that waits for itself.
    let heard = [(); 3].map(|()| told.recv_timeout(10 * SECOND).ok());
    assert_eq!(heard, [Some((7, 2)); 3], "the keys that come, and two that are there");
}

#[tokio::test(start_paused = true)]
async fn a_blocked_key_is_rejected_until_then_and_told_when() {
    let layer = keyed(9);
    let limits = layer.handle();
    pass(&layer, [1]).await;
    for key in [1, 2] {
        assert!(limits.block(key, 10 * SECOND), "whether it has called before or not");
        let rejection = layer.layer(up()).oneshot(key).await.unwrap_err().rejection().unwrap();
        assert_eq!((rejection.name().as_str(), rejection.retry_after()), ("api", Some(10 * SECOND)));
    }
    assert_eq!(pass(&layer, [3]).await, [true]);
    advance(just_before(10 * SECOND)).await;
    assert_eq!(pass(&layer, [1, 2]).await, [false; 2]);
    advance(NANO).await;
    assert_eq!(pass(&layer, [1, 1, 2, 2]).await, [true, false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_block_outlasts_other_rates_shorter_blocks_and_a_full_map() {
    let layer = keyed(1);
    let limits = layer.handle();
    assert!(limits.block(1, 10 * SECOND) && limits.block(1, SECOND));
    limits.set_burst(100).unwrap();
    limits.set_rate(Rate::per_second(1_000)).unwrap();
    advance(9 * SECOND).await;
    assert_eq!(pass(&layer, [2, 1]).await, [true, false]);
    assert!(!limits.block(2, SECOND), "there is no room for it");
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_key_wait_in_its_own_turn_and_keep_it() {
    let layer = builder(1).max_wait(YEAR).per_key(|key: &u32| *key).capacity(1).build().unwrap();
    let mut service = layer.layer(up());
    assert!(call(&mut service, 1).poll().is_ready());
    let mut waiter = begin(&mut service, 1);
    advance(SECOND).await;
    assert!(call(&mut service, 2).poll().is_ready());
    assert_eq!(layer.handle().keys(), [1]);
    assert!(waiter.poll().is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_hint_shuts_the_limit_of_its_key_alone() {
    let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(9 * SECOND) };
    let layer = builder(5).heed_throttling().classify(throttled).per_key(|key: &u32| *key).build().unwrap();
    layer.layer(up()).oneshot(1).await.unwrap();
    assert_eq!(reason(&layer.layer(up()).oneshot(1).await), LIMITED);
    layer.layer(up()).oneshot(2).await.unwrap();
}
