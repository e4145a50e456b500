//! Rejections.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rejection_says_which_layer_and_which_instance() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    let rejection = rejection(&circuit);
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_does_not_reach_the_service() {
    let breaker = touchy().build().unwrap();
    let inner = echo();
    let calls = inner.calls();
    let mut service = breaker.layer(inner);
    service.ready().await.unwrap().call(Err(Down(1))).await.unwrap_err();
    let result = service.ready().await.unwrap().call(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_all_probes_are_taken_a_rejection_has_no_time() {
    let circuit = recovering(touchy()).await;
    let _probe = enter(&circuit);
    assert_eq!(rejection(&circuit).retry_after(), None);
}
