//! A service that says when to come back.

use super::*;

/// The request is the hint, in seconds; none says nothing.
fn hinting(result: Result<&Option<u64>, &Error>) -> Outcome {
    match result {
        Ok(None) => Outcome::Throttled { retry_after: None },
        Ok(Some(0)) => Outcome::Success,
        Ok(Some(seconds)) => Outcome::Throttled { retry_after: Some(Duration::from_secs(*seconds)) },
        Err(_) => Outcome::Transient,
    }
}

#[tokio::test(start_paused = true)]
async fn a_hint_shuts_the_limit_until_then_and_for_so_long_at_most() {
    for (hint, shut) in [(Some(7), 7), (Some(30), 30), (Some(31), 30), (Some(u64::MAX), 30), (None, 0)] {
        let layer = builder(5).heed_throttling().classify(hinting).build().unwrap();
        layer.layer(up()).oneshot(hint).await.unwrap();
        let limit = layer.handle();
        if shut == 0 {
            assert_eq!(limit.snapshot().available, 4, "{hint:?}");
            continue;
        }
        advance(just_before(SECOND * shut)).await;
        assert_eq!(drained(&limit), (0, Some(NANO)), "{hint:?}");
        advance(NANO).await;
        assert_eq!(drained(&limit), (1, Some(SECOND)), "one passes, and then the rate: {hint:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_hint_can_be_set_and_to_nothing() {
    for (most, shut) in [(3, 3), (0, 0)] {
        let builder = builder(5).max_retry_after(SECOND * most).heed_throttling();
        let layer = builder.classify(hinting).build().unwrap();
        layer.layer(up()).oneshot(Some(7)).await.unwrap();
        let expected = if shut == 0 { 4 } else { 0 };
        assert_eq!(layer.handle().snapshot().available, expected);
        advance(SECOND * shut).await;
        assert!(layer.handle().try_enter().is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_shorter_hint_shortens_nothing() {
    let layer = builder(5).heed_throttling().classify(hinting).build().unwrap();
    let mut service = layer.layer(up());
    let (mut long, mut short) = (call(&mut service, Some(9)), call(&mut service, Some(2)));
    assert!(long.poll().is_ready() && short.poll().is_ready());
    assert_eq!(drained(&layer.handle()), (0, Some(9 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_not_heeded_unless_that_is_set() {
    let layer = builder(5).classify(hinting).build().unwrap();
    layer.layer(up()).oneshot(Some(9)).await.unwrap();
    assert_eq!(layer.handle().snapshot().available, 4);
}

#[tokio::test(start_paused = true)]
async fn those_who_have_a_turn_keep_it() {
    let layer = builder(2).heed_throttling().max_wait(YEAR).classify(hinting).build().unwrap();
    let mut service = layer.layer(up());
    let mut throttled = call(&mut service, Some(20));
    layer.handle().try_enter().unwrap();
    let held = begin_two(&mut service);
    assert!(throttled.poll().is_pending());
    drop(held);
    advance(SECOND).await;
    assert!(throttled.poll().is_pending(), "a turn was lost");
    advance(SECOND * 2).await;
    let mut waiter = begin(&mut service, Some(0));
    assert!(throttled.poll().is_ready());
    advance(SECOND).await;
    assert!(waiter.poll().is_ready(), "its turn was reserved before");
    assert_eq!(layer.handle().try_enter().map_err(Rejection::retry_after), Err(Some(19 * SECOND)));
}

/// Two that take their turns, the first at once.
fn begin_two<S: Service<Option<u64>, Response = Option<u64>>>(service: &mut S) -> impl Sized + use<S> {
    let mut first = call(service, Some(0));
    assert!(first.poll().is_ready());
    [begin(service, Some(0)), begin(service, Some(0))]
}

#[tokio::test(start_paused = true)]
async fn a_rejection_from_below_shuts_nothing() {
    let layer = builder(5).heed_throttling().build().unwrap();
    let below = builder(1).build().unwrap();
    below.handle().drain();
    let result = (&layer, &below).layer(up()).oneshot(1).await;
    assert_eq!(reason(&result), LIMITED);
    assert_eq!(layer.handle().snapshot().available, 4);
}
