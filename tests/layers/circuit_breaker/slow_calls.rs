//! The rate of slow calls.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_of_exactly_slow_after_is_not_slow() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND - NANO, Outcome::Success).await;
    take(&circuit, SECOND, Outcome::Success).await;
    assert_eq!(counted(&circuit), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_longer_than_slow_after_is_slow() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND + NANO, Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_can_be_slow_too() {
    let circuit = circuit(builder().slow_rate(1.0, SECOND));
    take(&circuit, SECOND + NANO, Outcome::Failed).await;
    assert_eq!(counted(&circuit), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn slow_successes_open_at_their_rate() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).min_calls(4));
    succeed(&circuit, 2);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_below_their_rate_do_not_open() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).min_calls(4));
    succeed(&circuit, 3);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_wait_for_min_calls() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI));
    for _ in 0..19 {
        take(&circuit, 2 * MILLI, Outcome::Success).await;
    }
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_over_a_count_window() {
    let circuit = circuit(builder().slow_rate(0.5, MILLI).count_window(4).min_calls(4));
    succeed(&circuit, 100);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn with_slow_after_zero_a_call_without_duration_is_not_slow() {
    let circuit = circuit(builder().slow_rate(1.0, Duration::ZERO));
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (1, 0, 0));
    take(&circuit, NANO, Outcome::Success).await;
    assert_eq!(counted(&circuit), (2, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn with_the_largest_slow_after_no_call_is_slow() {
    let circuit = circuit(builder().slow_rate(1.0, Duration::MAX));
    take(&circuit, 20 * SECOND, Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
}
