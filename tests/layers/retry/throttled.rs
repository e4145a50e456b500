use super::*;

/// The waits of a retry that backs off by 10 ms, from a service that asks for a pause.
async fn waits(longest: Option<Duration>, pause: Option<Duration>) -> Vec<Duration> {
    let moments = Moments::start();
    let retry = patient(10 * MS).max_attempts(2).classify(throttled);
    let retry = longest.into_iter().fold(retry, RetryBuilder::max_retry_after);
    retry.build().unwrap().layer(moments.throttling(pause)).oneshot(()).await.unwrap();
    moments.waits()
}

#[tokio::test(start_paused = true)]
async fn the_backoff_comes_on_top_of_the_hint() {
    assert_eq!(waits(None, Some(200 * MS)).await, [210 * MS]);
}

#[tokio::test(start_paused = true)]
async fn without_a_hint_it_backs_off() {
    assert_eq!(waits(None, None).await, [10 * MS]);
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_max_retry_after_is_kept_to() {
    assert_eq!(waits(Some(SECOND), Some(SECOND)).await, [1010 * MS]);
}

#[tokio::test(start_paused = true)]
async fn a_hint_above_max_retry_after_stops_the_retrying() {
    assert_eq!(waits(Some(SECOND), Some(SECOND + TICK)).await, []);
}

#[tokio::test(start_paused = true)]
async fn max_retry_after_is_thirty_seconds_by_default() {
    assert_eq!(waits(None, Some(30 * SECOND)).await, [30 * SECOND + 10 * MS]);
    assert_eq!(waits(None, Some(30 * SECOND + TICK)).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_max_retry_after_of_zero_keeps_to_no_hint() {
    assert_eq!(waits(Some(Duration::ZERO), Some(TICK)).await, []);
    assert_eq!(waits(Some(Duration::ZERO), Some(Duration::ZERO)).await, [10 * MS]);
}

#[tokio::test(start_paused = true)]
async fn the_longest_hint_is_legal() {
    let moments = Moments::start();
    let layer = patient(Duration::MAX).max_retry_after(Duration::MAX).classify(throttled).build().unwrap();
    let mut call = task::spawn(layer.layer(moments.throttling(Some(Duration::MAX))).oneshot(()));
    assert_pending!(call.poll());
    advance(1000 * SECOND).await;
    assert!(!call.is_woken());
}

#[tokio::test(start_paused = true)]
async fn clients_that_were_given_one_hint_do_not_all_come_back_at_once() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(2).seed(7).classify(throttled);
    let layer = layer.build().unwrap();
    let events = Events::record();
    for _ in 0..2 {
        layer.layer(Moments::start().throttling(Some(SECOND))).oneshot(()).await.unwrap();
    }
    let delays = delays(&events);
    assert_ne!(delays[0], delays[1]);
}

#[test]
fn a_zero_hint_with_a_zero_backoff_touches_no_timer() {
    let layer = hasty().classify(throttled).build().unwrap();
    let service = strict(|()| ready(Pause::Ok(Some(Duration::ZERO))));
    let calls = service.calls();
    layer.layer(service).oneshot(()).now_or_never().expect("there is no runtime to wait in").unwrap();
    assert_eq!(calls.count(), 3);
}
