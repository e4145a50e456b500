//! One layer, one circuit.

use super::*;

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_one_circuit() {
    let breaker = touchy().build().unwrap();
    breaker.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    let result = breaker.clone().layer(echo()).oneshot(Ok(1)).await;
    assert_eq!(reason(&result), Some(RejectionReason::CircuitOpen));
}

#[tokio::test(start_paused = true)]
async fn services_of_two_layers_do_not_share_a_circuit() {
    let (one, other) = (touchy().build().unwrap(), touchy().build().unwrap());
    one.layer(echo()).oneshot(Err(Down(1))).await.unwrap_err();
    assert_eq!(other.layer(echo()).oneshot(Ok(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handle_outlives_the_layer_and_its_services() {
    let circuit = circuit(touchy());
    fail(&circuit.clone(), 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_opens_for_the_same_times() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let circuit = circuit(touchy().seed(7).open_for(Backoff::exponential(SECOND, 60 * SECOND)));
        let mut run = Vec::new();
        for _ in 0..10 {
            fail(&circuit, 1);
            run.push(circuit.snapshot().retry_after);
            open_time(&circuit).await;
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
}
