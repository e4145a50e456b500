//! Open.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_open_circuit_rejects_until_a_nanosecond_before_its_end() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND - NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_call_at_exactly_the_end_of_the_open_time_is_admitted() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_long_after_the_open_time_is_admitted() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(SECOND * 1_000_000).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_what_is_left_of_the_open_time() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
    advance(400 * MILLI).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(600 * MILLI));
    advance(600 * MILLI - NANO).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(NANO));
}

#[tokio::test(start_paused = true)]
async fn the_open_time_begins_with_the_result_that_tripped_it() {
    let circuit = circuit(touchy());
    take(&circuit, 7 * SECOND, Outcome::Failed).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_stays_open_until_a_call_comes() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    advance(10 * SECOND).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn each_failed_recovery_takes_the_next_step() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 5 * SECOND).jitter(Jitter::None)));
    fail(&circuit, 1);
    for open_for in [1, 2, 4, 5, 5].map(Duration::from_secs) {
        assert_eq!(rejection(&circuit).retry_after(), Some(open_for));
        open_time(&circuit).await;
        fail(&circuit, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn closing_takes_the_first_step_again() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 5 * SECOND).jitter(Jitter::None)));
    fail(&circuit, 1);
    open_time(&circuit).await;
    fail(&circuit, 1);
    open_time(&circuit).await;
    succeed(&circuit, 1);
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn without_an_open_time_the_next_call_is_a_probe() {
    let circuit = circuit(touchy().open_for(Backoff::none()));
    fail(&circuit, 1);
    let _probe = enter(&circuit);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn the_longest_open_time_does_not_end() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    advance(SECOND).await;
    fail(&circuit, 1);
    advance(Duration::from_secs(1 << 32)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_what_is_left_of_the_longest_open_time() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    fail(&circuit, 1);
    assert!(rejection(&circuit).retry_after().is_some());
}
