//! Calls that pass at once or are rejected.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_the_others_follow_at_the_rate() {
    let limit = builder(3).build().unwrap();
    let service = up();
    let sent = service.calls();
    let mut service = limit.layer(service);
    for (pause, passes) in [(Duration::ZERO, 3), (just_before(SECOND), 0), (NANO, 1), (5 * SECOND, 3)] {
        advance(pause).await;
        let before = sent.count();
        for _ in 0..10 {
            service.ready().await.unwrap().call(1).await.ok();
        }
        assert_eq!(sent.count() - before, passes, "after {pause:?} more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_exactly_when_the_call_passes() {
    let mut service = builder(1).build().unwrap().layer(up());
    service.ready().await.unwrap().call(1).await.unwrap();
    advance(SECOND / 3).await;
    let rejection = service.ready().await.unwrap().call(1).await.unwrap_err().rejection().unwrap();
    assert_eq!((rejection.name().as_str(), rejection.layer()), ("api", "rate limit"));
    assert_eq!(
        Error::from(rejection).to_string(),
        "rate limit `api` rejected the call: there are more calls than its rate allows; try again in 666.666667ms"
    );
    let left = rejection.retry_after().unwrap();
    advance(just_before(left)).await;
    assert_eq!(reason(&service.ready().await.unwrap().call(1).await), LIMITED);
    advance(NANO).await;
    service.ready().await.unwrap().call(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_takes_what_it_costs() {
    let layer = builder(5).cost(|cost: &u32| *cost).build().unwrap();
    let mut service = layer.layer(up());
    let left = [(3, 2), (0, 2), (2, 0), (0, 0)];
    for (cost, available) in left {
        service.ready().await.unwrap().call(cost).await.unwrap();
        assert_eq!(layer.handle().snapshot().available, available, "after one of {cost}");
    }
    for (cost, after) in [(1, Some(SECOND)), (5, Some(5 * SECOND)), (6, None), (u32::MAX, None)] {
        let rejection = service.ready().await.unwrap().call(cost).await.unwrap_err().rejection().unwrap();
        assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::RateLimited, after), "{cost}");
    }
    assert_eq!(layer.handle().snapshot().rejected, 4);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_took_stays_taken_however_it_ends() {
    let layer = builder(10).build().unwrap();
    layer.layer(up()).oneshot(1).await.unwrap();
    layer.layer(down()).oneshot(1).await.unwrap_err();
    let none = RateLimitLayer::per_second(0);
    (&layer, none).layer(up()).oneshot(1).await.unwrap_err();
    drop(begin(&mut layer.layer(hung()), 1));
    drop(call(&mut layer.layer(up()), 1));
    assert_eq!(layer.handle().snapshot().available, 5);
}

#[tokio::test(start_paused = true)]
async fn services_of_a_layer_its_clones_and_handles_share_its_rate() {
    let layer = builder(3).build().unwrap();
    let other = layer.clone();
    layer.layer(up()).oneshot(1).await.unwrap();
    other.layer(up()).clone().oneshot(1).await.unwrap();
    layer.handle().try_enter().unwrap();
    assert_eq!(reason(&layer.layer(up()).oneshot(1).await), LIMITED);
}

#[tokio::test(start_paused = true)]
async fn the_burst_is_a_periods_calls_and_at_most_a_hundred() {
    let of = |rate| RateLimitLayer::builder("api", rate).build().unwrap().handle();
    for (rate, burst) in [
        (Rate::per_second(0), 1),
        (Rate::per_second(1), 1),
        (Rate::per(YEAR, 99), 99),
        (Rate::per_second(101), 100),
        (Rate::per_second(1_000_000_000), 100),
    ] {
        assert_eq!(of(rate).snapshot().burst, burst, "{rate}");
    }
    let plain = RateLimitLayer::per_second(7).handle();
    assert_eq!((plain.name().as_str(), drained(&plain)), ("rate limit", (7, Some(NANO * 142_857_143))));
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_none_rejects_all_and_does_not_say_when() {
    let limit = RateLimitLayer::per_second(0);
    let rejection = limit.layer(up()).oneshot(1).await.unwrap_err().rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::RateLimited, None));
}

#[tokio::test(start_paused = true)]
async fn a_retry_outside_is_no_way_around_the_rate() {
    let service = down();
    let sent = service.calls();
    let layer = builder(2).build().unwrap();
    let retry = RetryLayer::builder("retry").max_attempts(5).build().unwrap();
    let result = (retry, &layer).layer(service).oneshot(1).await;
    assert_eq!((sent.count(), result.unwrap_err().downcast_ref()), (2, Some(&Down(1))));
}

#[tokio::test(start_paused = true)]
async fn a_handle_passes_calls_and_counts_what_it_rejects() {
    let limit = builder(4).build().unwrap().handle();
    limit.try_enter_many(3).unwrap();
    limit.try_enter_many(0).unwrap();
    assert_eq!(limit.try_enter_many(2).map_err(Rejection::retry_after), Err(Some(SECOND)));
    assert_eq!(limit.try_enter_many(5).map_err(Rejection::retry_after), Err(None));
    let left = limit.snapshot();
    assert_eq!((left.available, left.next, left.burst), (1, Some(SECOND), 4));
    assert_eq!((left.rate, left.waiting, left.rejected), (Rate::per_second(1), 0, 2));
    assert_eq!((limit.drain(), limit.drain(), limit.snapshot().available), (1, 0, 0));
    assert_eq!(limit.try_enter().map_err(Rejection::retry_after), Err(Some(SECOND)));
}
