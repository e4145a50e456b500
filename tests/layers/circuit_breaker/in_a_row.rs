//! Failures in a row.

use super::*;

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_do_not_wait_for_min_calls() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_sets_failures_in_a_row_back() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    succeed(&circuit, 1);
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 2);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_leaves_failures_in_a_row_as_they_are() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    settle(&circuit, [THROTTLED; 5]);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 2);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_answer_leaves_failures_in_a_row_as_they_are() {
    let circuit = circuit(builder().consecutive(3));
    fail(&circuit, 2);
    settle(&circuit, [Outcome::Ignored]);
    drop(enter(&circuit));
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn any_enabled_rule_opens() {
    let circuit = circuit(builder().min_calls(2).consecutive(100).slow_rate(1.0, SECOND));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_opens_at_the_fifth_failure_in_a_row() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    fail(&circuit, 4);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_has_no_rate() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    for _ in 0..50 {
        fail(&circuit, 4);
        succeed(&circuit, 1);
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_lets_one_probe_through_which_closes_it() {
    let circuit = CircuitBreakerLayer::consecutive(5).handle();
    fail(&circuit, 5);
    open_time(&circuit).await;
    let probe = enter(&circuit);
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    probe.success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_keeps_the_default_open_time() {
    let circuit = CircuitBreakerLayer::consecutive(1).handle();
    fail(&circuit, 1);
    let open_for = circuit.snapshot().retry_after.unwrap();
    assert!((SECOND * 5 / 2..=SECOND * 5).contains(&open_for), "{open_for:?}");
}

#[tokio::test(start_paused = true)]
async fn one_failure_in_a_row_is_the_first() {
    for failures in [0, 1] {
        let circuit = CircuitBreakerLayer::consecutive(failures).handle();
        succeed(&circuit, 3);
        assert_eq!(circuit.phase(), Phase::Closed);
        fail(&circuit, 1);
        assert_eq!(circuit.phase(), Phase::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_answer_alone_opens_no_textbook_breaker() {
    for failures in [0, 1, 2] {
        let circuit = CircuitBreakerLayer::consecutive(failures).handle();
        settle(&circuit, [THROTTLED; 3]);
        assert_eq!(circuit.phase(), Phase::Closed, "consecutive({failures})");
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_failures_in_a_row_are_never_reached() {
    let circuit = CircuitBreakerLayer::consecutive(u32::MAX).handle();
    fail(&circuit, 10_000);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 10_000);
}
