//! Failures in a row.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_failure_that_completes_the_run_opens() {
    let three = || circuit(builder().consecutive(3));
    let textbook = |failures| CircuitBreakerLayer::consecutive(failures).handle();
    for (claim, circuit, calls) in [
        ("without waiting for `min_calls`", three(), "fff"),
        ("a success starts the run again", three(), "ffsfff"),
        ("throttled calls leave the run as it is", three(), "fftttttf"),
        ("ignored and abandoned calls leave the run as it is", three(), "ffiaf"),
        ("another rule", circuit(builder().min_calls(2).consecutive(100).slow_rate(1.0, SECOND)), "ff"),
        ("the textbook breaker, at the fifth", textbook(5), "fffff"),
        ("a run of one", textbook(1), "sssf"),
        ("a run of none is one of one", textbook(0), "sssf"),
    ] {
        opens_at_the_last(claim, circuit, calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_run_the_textbook_breaker_stays_closed() {
    let textbook = |failures| CircuitBreakerLayer::consecutive(failures).handle();
    stays_closed("it has no failure rate", textbook(5), &"ffffs".repeat(50)).await;
    for failures in [0, 1, 2] {
        stays_closed("throttled calls alone are no failures", textbook(failures), "ttt").await;
    }
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
async fn the_most_failures_in_a_row_are_never_reached() {
    let circuit = CircuitBreakerLayer::consecutive(u32::MAX).handle();
    fail(&circuit, 10_000);
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(circuit.snapshot().counts.consecutive, 10_000);
}
