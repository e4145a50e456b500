//! The failure rate.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rate_of_one_opens_only_when_everything_fails() {
    let circuit = circuit(builder().failure_rate(1.0).min_calls(3));
    settle(&circuit, [Outcome::Success, Outcome::Failed, Outcome::Failed, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::Closed);
    circuit.reset();
    fail(&circuit, 3);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_least_rate_opens_at_one_failure_of_many() {
    let circuit = circuit(builder().failure_rate(f64::MIN_POSITIVE).min_calls(1));
    succeed(&circuit, 10_000);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn three_of_ten_reach_a_rate_of_three_tenths() {
    let circuit = circuit(builder().failure_rate(0.3).min_calls(10));
    succeed(&circuit, 7);
    fail(&circuit, 3);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_success_that_completes_min_calls_opens() {
    let circuit = circuit(builder().min_calls(4));
    settle(&circuit, [Outcome::Failed, Outcome::Failed, Outcome::Success]);
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_success_that_completes_min_calls_opens_with_a_count_window() {
    let circuit = circuit(builder().min_calls(4).count_window(8));
    settle(&circuit, [Outcome::Failed, Outcome::Failed, Outcome::Success]);
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_success_that_completes_min_calls_again_opens() {
    let circuit = circuit(builder().min_calls(3));
    succeed(&circuit, 3);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    assert_eq!(circuit.phase(), Phase::Closed);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_not_seen_at_a_success_beyond_min_calls() {
    let circuit = circuit(builder().min_calls(2));
    succeed(&circuit, 3);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_seen_at_the_next_failure() {
    let circuit = circuit(builder().min_calls(2));
    succeed(&circuit, 30);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_rate_risen_by_expiry_is_seen_at_the_next_slow_success() {
    let circuit = circuit(builder().min_calls(2).slow_rate(1.0, SECOND));
    succeed(&circuit, 30);
    advance(15 * SECOND).await;
    fail(&circuit, 2);
    advance(15 * SECOND).await;
    take(&circuit, SECOND + NANO, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn without_its_rule_failures_do_not_open() {
    let circuit = circuit(builder().without_failure_rate().slow_rate(1.0, SECOND).min_calls(1));
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_largest_min_calls_never_opens_by_rate() {
    let circuit = circuit(builder().min_calls(u32::MAX));
    fail(&circuit, 1_000);
    assert_eq!(circuit.phase(), Phase::Closed);
}
