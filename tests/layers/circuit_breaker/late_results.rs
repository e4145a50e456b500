//! Late results.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_late_failure_does_not_open_a_half_open_circuit() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    straggler.failure();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    assert_eq!(circuit.snapshot().late, 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_success_is_counted_as_late_only() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    straggler.success();
    assert_eq!(circuit.snapshot().late, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_abandoned_late_is_not_a_late_result() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    drop(straggler);
    assert_eq!(circuit.snapshot().late, 0);
}

#[tokio::test(start_paused = true)]
async fn a_result_from_before_the_break_does_not_count_after_recovery() {
    let circuit = circuit(touchy());
    let straggler = enter(&circuit);
    fail(&circuit, 1);
    open_time(&circuit).await;
    succeed(&circuit, 1);
    straggler.failure();
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_that_comes_back_is_late() {
    let circuit = recovering(touchy()).await;
    let hung = enter(&circuit);
    advance(30 * SECOND).await;
    assert!(circuit.try_enter().is_err());
    hung.success();
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(circuit.snapshot().late, 1);
}

#[tokio::test(start_paused = true)]
async fn results_after_the_verdict_of_the_probes_are_late() {
    let circuit = recovering(builder()).await;
    let probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    probes.into_iter().for_each(CircuitGuard::failure);
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(circuit.snapshot().late, 2);
}
