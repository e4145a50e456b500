use super::*;

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_the_hint_and_its_backoff_on_top() {
    for (claim, longest, hint, waits) in [
        ("the backoff comes on top", None, Some(200 * MILLI), &[210 * MILLI][..]),
        ("without a hint it backs off", None, None, &[10 * MILLI]),
        ("a hint of `max_retry_after`", Some(SECOND), Some(SECOND), &[1010 * MILLI]),
        ("a hint above it stops the retrying", Some(SECOND), Some(SECOND + NANO), &[]),
        ("by default it is thirty seconds", None, Some(30 * SECOND), &[30 * SECOND + 10 * MILLI]),
        ("more than thirty seconds", None, Some(30 * SECOND + NANO), &[]),
        ("a `max_retry_after` of zero", Some(Duration::ZERO), Some(NANO), &[]),
        ("a hint of zero", Some(Duration::ZERO), Some(Duration::ZERO), &[10 * MILLI]),
    ] {
        let retry = patient(10 * MILLI).max_attempts(2).classify(asks_for(hint));
        let retry = longest.into_iter().fold(retry, RetryBuilder::max_retry_after);
        assert_eq!(timed(&retry.build().unwrap(), &[503]).await.waits(), waits, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn clients_with_one_hint_do_not_all_come_back_at_once() {
    let backoff = Backoff::constant(SECOND).jitter(Jitter::Full);
    let layer = RetryLayer::builder("retry").backoff(backoff).max_attempts(2).seed(7);
    let layer = layer.classify(asks_for(Some(SECOND))).build().unwrap();
    assert_ne!(timed(&layer, &[503]).await.waits(), timed(&layer, &[503]).await.waits());
}

#[test]
fn a_zero_hint_with_a_zero_backoff_touches_no_timer() {
    assert_eq!(send(&hasty().classify(asks_for(Some(Duration::ZERO))).build().unwrap(), &[503]), (503, 3));
}
