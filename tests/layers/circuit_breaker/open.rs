//! Open.

use super::*;

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
async fn the_longest_open_time_does_not_end() {
    let circuit = circuit(touchy().open_for(Backoff::constant(Duration::MAX)));
    advance(SECOND).await;
    fail(&circuit, 1);
    assert!(rejection(&circuit).retry_after().is_some());
    advance(Duration::from_secs(1 << 32)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}
