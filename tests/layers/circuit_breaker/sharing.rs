use super::*;

#[tokio::test(start_paused = true)]
async fn services_guards_and_clones_of_one_layer_share_one_circuit() {
    let breaker = touchy().build().unwrap();
    breaker.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    let inner = echo();
    let calls = inner.calls();
    let result = breaker.clone().layer(inner).oneshot(Ok(1)).await;
    assert_eq!((reason(&result), calls.count()), (Some(RejectionReason::CircuitOpen), 0));
    assert_eq!(rejection(&breaker.handle()).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn services_of_two_layers_do_not_share_a_circuit() {
    let (one, other) = (touchy().build().unwrap(), touchy().build().unwrap());
    one.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    assert_eq!(other.layer(echo()).oneshot(Ok(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_the_layer_and_tells_its_name() {
    let circuit = circuit(touchy());
    fail(&circuit.clone(), 1);
    assert_eq!((circuit.phase(), circuit.name().as_str()), (Phase::Open, "payments"));
    assert_eq!(CircuitBreakerLayer::consecutive(5).handle().name().as_str(), "circuit_breaker");
}
