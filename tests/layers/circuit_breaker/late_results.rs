//! Late results.

use super::*;

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
async fn results_after_the_verdict_of_the_probes_are_late() {
    let circuit = recovering(builder()).await;
    let probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    probes.into_iter().for_each(CircuitGuard::failure);
    assert_eq!(circuit.phase(), Phase::Open);
    assert_eq!(circuit.snapshot().late, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stale_call_returns_no_place() {
    let circuit = circuit(touchy().probes(2));
    let mut stale = vec![enter(&circuit), enter(&circuit), enter(&circuit)];
    enter(&circuit).failure();
    open_time(&circuit).await;
    stale.push(enter(&circuit));
    enter(&circuit).failure();
    open_time(&circuit).await;
    let _probes = [enter(&circuit), enter(&circuit)];
    drop(stale.pop());
    stale.pop().unwrap().settle(Outcome::Ignored);
    stale.pop().unwrap().success();
    drop(stale);
    let rejection = circuit.try_enter().unwrap_err();
    assert_eq!(rejection.reason(), RejectionReason::ProbesTaken);
}
