//! A delay of zero takes no time. Where there is no runtime, a timer would panic.

use super::*;

#[test]
fn a_retry_without_delay_touches_no_timer() {
    let inner = down();
    let calls = inner.calls();
    let service = retry().build().unwrap().layer(inner);
    assert!(service.oneshot(()).now_or_never().unwrap().is_err());
    assert_eq!(calls.count(), 3);
}

#[test]
fn a_retry_with_a_hint_of_zero_touches_no_timer() {
    let throttled = |_: Result<&(), &Error>| Outcome::Throttled { retry_after: Some(Duration::ZERO) };
    let service = retry().classify(throttled).build().unwrap().layer(down());
    assert!(service.oneshot(()).now_or_never().unwrap().is_err());
}

#[test]
fn a_timeout_of_zero_touches_no_timer() {
    let result = TimeoutLayer::new(Duration::ZERO).layer(stuck()).oneshot(()).now_or_never().unwrap();
    assert!(result.unwrap_err().is_timeout());
}

#[test]
fn a_wait_of_zero_touches_no_timer() {
    let bulkhead = BulkheadLayer::builder(0).max_queue(1).max_wait(Duration::ZERO).build().unwrap();
    let result = bulkhead.layer(up()).oneshot(()).now_or_never().unwrap();
    assert_eq!(reason(&result), Some(RejectionReason::WaitedTooLong));
}

#[tokio::test(start_paused = true)]
async fn no_time_passes_in_a_retry_without_delay() {
    let started = now();
    retry().max_attempts(50).without_budget().build().unwrap().layer(down()).oneshot(()).await.unwrap_err();
    assert_eq!(now(), started);
}

#[tokio::test(start_paused = true)]
async fn no_time_passes_in_an_open_time_of_zero() {
    let circuit = circuit(touchy().open_for(Backoff::none()));
    enter(&circuit).failure();
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}
