//! By hand.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_forced_open_circuit_rejects_without_a_time() {
    let circuit = circuit(builder());
    circuit.force_open();
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
    let rejection = rejection(&circuit);
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::ForcedOpen, None));
}

#[tokio::test(start_paused = true)]
async fn a_forced_closed_circuit_never_rejects_and_counts_nothing() {
    let circuit = circuit(builder().consecutive(1));
    circuit.force_closed();
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::ForcedClosed);
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_forced_closed_circuit_saw_does_not_count_after() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    circuit.force_closed();
    fail(&circuit, 19);
    circuit.reset();
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_starts_with_an_empty_window() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    circuit.metrics_only();
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_counts() {
    let circuit = circuit(builder());
    circuit.metrics_only();
    settle(&circuit, [Outcome::Failed, Outcome::Success]);
    assert_eq!(counted(&circuit), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_only_measures_never_rejects() {
    let circuit = circuit(builder().consecutive(1));
    circuit.metrics_only();
    fail(&circuit, 100);
    assert_eq!(circuit.phase(), Phase::MetricsOnly);
}

#[tokio::test(start_paused = true)]
async fn no_time_and_no_result_leaves_what_was_set_by_hand() {
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        let circuit = recovering(touchy()).await;
        let probe = enter(&circuit);
        set(&circuit);
        let phase = circuit.phase();
        probe.success();
        advance(Duration::from_secs(1_000_000)).await;
        for _ in 0..100 {
            circuit.try_enter().map(CircuitGuard::failure).ok();
            circuit.try_enter().map(CircuitGuard::success).ok();
        }
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_set_by_hand_can_be_set_otherwise_by_hand() {
    let circuit = circuit(builder());
    for (set, phase) in [
        (CircuitHandle::force_open as fn(&CircuitHandle), Phase::ForcedOpen),
        (CircuitHandle::metrics_only, Phase::MetricsOnly),
        (CircuitHandle::force_closed, Phase::ForcedClosed),
        (CircuitHandle::force_open, Phase::ForcedOpen),
        (CircuitHandle::reset, Phase::Closed),
    ] {
        set(&circuit);
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn reset_closes_from_any_phase() {
    let circuit = recovering(touchy()).await;
    circuit.reset();
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    circuit.reset();
    assert_eq!(circuit.phase(), Phase::Closed);
    for set in [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        set(&circuit);
        circuit.reset();
        assert_eq!(circuit.phase(), Phase::Closed);
        enter(&circuit).success();
    }
}

#[tokio::test(start_paused = true)]
async fn reset_empties_the_window_of_a_closed_circuit() {
    let circuit = circuit(builder().consecutive(20));
    fail(&circuit, 19);
    circuit.reset();
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.snapshot().counts.consecutive, 0);
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn reset_empties_a_count_window() {
    let circuit = circuit(builder().count_window(20));
    fail(&circuit, 19);
    circuit.reset();
    assert_eq!(counted(&circuit), (0, 0, 0));
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn reset_takes_the_first_step_again() {
    let circuit = circuit(touchy().open_for(Backoff::exponential(SECOND, 60 * SECOND).jitter(Jitter::None)));
    for _ in 0..4 {
        fail(&circuit, 1);
        open_time(&circuit).await;
    }
    circuit.reset();
    fail(&circuit, 1);
    assert_eq!(rejection(&circuit).retry_after(), Some(SECOND));
}

#[tokio::test(start_paused = true)]
async fn reset_makes_calls_in_flight_late() {
    let circuit = circuit(touchy());
    let in_flight = enter(&circuit);
    circuit.reset();
    in_flight.failure();
    assert_eq!(circuit.phase(), Phase::Closed);
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.snapshot().late, 1);
}

#[tokio::test(start_paused = true)]
async fn a_forced_open_circuit_does_not_heal_itself() {
    let circuit = recovering(touchy()).await;
    let probe = enter(&circuit);
    circuit.force_open();
    probe.success();
    for _ in 0..100 {
        advance(1_000_000 * SECOND).await;
        assert_eq!(circuit.try_enter().unwrap_err().reason(), RejectionReason::ForcedOpen);
    }
    assert_eq!(circuit.phase(), Phase::ForcedOpen);
}
