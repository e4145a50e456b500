//! The settings of a retry and its budget.

use super::*;

#[test]
fn every_illegal_setting_of_a_retry_and_its_budget_is_refused() {
    assert_illegal("max_attempts", [retry().max_attempts(0).build()]);
    assert_illegal("capacity", [Budget::builder().capacity(0).build()]);
    let gains = [-1.0, -f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX];
    assert_illegal("ratio", gains.map(|gain| Budget::builder().ratio(gain).build()));
    assert_illegal("per_second", gains.map(|gain| Budget::builder().per_second(gain).build()));
    assert_illegal("ratio", [Budget::builder().ratio(1000.1).build()]);
    assert_illegal("per_second", [Budget::builder().per_second(1_000_000.1).build()]);
}

#[tokio::test(start_paused = true)]
async fn every_legal_number_of_attempts_runs() {
    for attempts in [1, 2, u32::MAX] {
        let inner = Inner::default().answers([After(0, Err(Down(1)))]);
        let layer = retry().max_attempts(attempts).backoff(Backoff::none()).build().unwrap();
        assert_eq!(layer.layer(inner.clone()).oneshot(1).await.is_ok(), attempts > 1);
        assert_eq!(inner.calls(), usize::try_from(attempts.min(2)).unwrap());
    }
}

/// The doubling overflows from the 64th step on, and for long bases before.
#[tokio::test(start_paused = true)]
async fn every_delay_of_every_step_is_drawn() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        for base in [Duration::ZERO, NANO, MILLI, Duration::from_secs(1)] {
            let backoff = Backoff::exponential(base, Duration::from_secs(1)).jitter(jitter);
            let layer = retry().max_attempts(100).backoff(backoff).build().unwrap();
            let inner = Inner::failing();
            assert!(layer.layer(inner.clone()).oneshot(1).await.is_err());
            assert_eq!(inner.calls(), 100);
        }
    }
}

/// The longest delay, and the longest pause that a service asks for.
#[tokio::test(start_paused = true)]
async fn the_longest_delay_is_waited_for() {
    let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(MAX) };
    let asked = retry().max_retry_after(MAX).classify(throttled).build().unwrap();
    let longest = [Backoff::constant(MAX), Backoff::exponential(MAX, MAX).jitter(Jitter::Equal)];
    let [constant, jittered] = longest.map(|backoff| retry().backoff(backoff).build().unwrap());
    let inner = Inner::failing();
    let calls = [
        calls::begin(constant.layer(inner.clone()).oneshot(1)),
        calls::begin(jittered.layer(inner.clone()).oneshot(1)),
        calls::begin(asked.layer(inner.clone()).oneshot(1)),
    ];
    for (number, mut call) in calls.into_iter().enumerate() {
        assert!(call.poll().is_pending(), "{number}");
        advance(Duration::from_secs(1 << 20)).await;
        assert!(call.poll().is_pending(), "{number}");
        assert_eq!(inner.calls(), number + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn every_longest_pause_runs() {
    for pause in [Duration::ZERO, NANO, MAX] {
        let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(NANO) };
        let layer = retry().max_retry_after(pause).classify(throttled).build().unwrap();
        let inner = Inner::default();
        assert_eq!(layer.layer(inner.clone()).oneshot(1).await.unwrap(), 1);
        assert_eq!(inner.calls(), if pause < NANO { 1 } else { 3 });
    }
}

#[tokio::test(start_paused = true)]
async fn every_legal_budget_runs() {
    for capacity in [1, 100, u32::MAX] {
        for (ratio, per_second) in [(0.0, 0.0), (f64::MIN_POSITIVE, f64::MIN_POSITIVE), (1000.0, 1e6)] {
            let budget = Budget::builder().capacity(capacity).ratio(ratio).per_second(per_second).build().unwrap();
            assert_eq!(budget.available(), u64::from(capacity));
            let layer = retry().backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
            let inner = Inner::default().answers([After(0, Err(Down(1)))]);
            assert_eq!(layer.layer(inner).oneshot(1).await.unwrap(), 1);
            advance(Duration::from_secs(1 << 30)).await;
            assert!(budget.available() <= u64::from(capacity));
        }
    }
}
