use super::*;

#[tokio::test(start_paused = true)]
async fn what_is_set_by_hand_admits_and_counts_as_it_says() {
    for (set, phase, rejected, counts) in [
        (CircuitHandle::force_open as fn(&CircuitHandle), Phase::ForcedOpen, 3, (0, 0, 0)),
        (CircuitHandle::force_closed, Phase::ForcedClosed, 0, (0, 0, 0)),
        // It begins anew whenever it would have opened.
        (CircuitHandle::metrics_only, Phase::MetricsOnly, 0, (1, 1, 0)),
        (CircuitHandle::reset, Phase::Open, 1, (0, 0, 0)),
    ] {
        let circuit = circuit(builder().consecutive(2));
        fail(&circuit, 1);
        set(&circuit);
        assert_eq!((counted(&circuit), circuit.snapshot().counts.consecutive), ((0, 0, 0), 0), "{phase:?}");
        (0..3).for_each(|_| circuit.try_enter().into_iter().for_each(CircuitGuard::failure));
        assert_eq!((circuit.phase(), circuit.snapshot().rejected, counted(&circuit)), (phase, rejected, counts));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_open_circuit_rejects_without_a_time() {
    let circuit = circuit(builder());
    circuit.force_open();
    let rejection = rejection(&circuit);
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::ForcedOpen, None));
}

#[tokio::test(start_paused = true)]
async fn neither_time_nor_results_undo_what_was_set_by_hand() {
    for set in BY_HAND {
        let circuit = recovering(touchy()).await;
        let probe = enter(&circuit);
        set(&circuit);
        let phase = circuit.phase();
        probe.success();
        advance(1_000_000 * SECOND).await;
        for _ in 0..100 {
            circuit.try_enter().map(CircuitGuard::failure).ok();
            circuit.try_enter().map(CircuitGuard::success).ok();
        }
        assert_eq!(circuit.phase(), phase);
        circuit.reset();
        assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1), "{phase:?}");
    }
}
