//! The guard.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_guard_counts_as_it_is_settled() {
    let circuit = circuit(builder());
    enter(&circuit).success();
    assert_eq!(counted(&circuit), (1, 0, 0));
    enter(&circuit).failure();
    assert_eq!(counted(&circuit), (2, 1, 0));
    enter(&circuit).settle(Outcome::Transient);
    assert_eq!(counted(&circuit), (3, 2, 0));
    enter(&circuit).settle(THROTTLED);
    assert_eq!(counted(&circuit), (4, 3, 0));
    enter(&circuit).settle(Outcome::Ignored);
    drop(enter(&circuit));
    assert_eq!(counted(&circuit), (4, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_guard_may_be_settled_on_another_thread() {
    let circuit = circuit(touchy());
    let call = enter(&circuit);
    std::thread::spawn(move || call.failure()).join().unwrap();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn guards_and_services_share_one_circuit() {
    let breaker = touchy().build().unwrap();
    fail(&breaker.handle(), 1);
    let result = breaker.layer(echo()).oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn a_handle_tells_the_name() {
    assert_eq!(circuit(builder()).name().as_str(), "payments");
    assert_eq!(CircuitBreakerLayer::consecutive(5).handle().name().as_str(), "circuit_breaker");
}
