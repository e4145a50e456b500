use super::*;

#[tokio::test(start_paused = true)]
async fn a_closed_snapshot_has_the_counts_of_the_window_and_no_time() {
    let circuit = circuit(builder().min_calls(4).slow_rate(1.0, SECOND));
    run(&circuit, "fss").await;
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.failure_rate, snapshot.slow_rate), (None, None), "fewer than `min_calls`");
    take(&circuit, 2 * SECOND, Outcome::Success).await;
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.retry_after), (Phase::Closed, None));
    assert_eq!((snapshot.failure_rate, snapshot.slow_rate), (Some(0.25), Some(0.25)));
    assert_eq!(counted(&circuit), (4, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_open_snapshot_says_what_is_left_and_zero_once_it_is_over() {
    let circuit = circuit(touchy());
    fail(&circuit, 1);
    for (pause, left) in
        [(Duration::ZERO, SECOND), (just_before(SECOND), NANO), (NANO, Duration::ZERO), (SECOND, Duration::ZERO)]
    {
        advance(pause).await;
        let snapshot = circuit.snapshot();
        assert_eq!((snapshot.phase, snapshot.retry_after), (Phase::Open, Some(left)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_open_snapshot_has_the_counts_of_the_probes() {
    let circuit = recovering(builder().min_calls(2)).await;
    run(&circuit, "s").await;
    assert_eq!(circuit.snapshot().failure_rate, None);
    run(&circuit, "f").await;
    let _in_flight = enter(&circuit);
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.phase, snapshot.retry_after), (Phase::HalfOpen, None));
    assert_eq!((snapshot.failure_rate, counted(&circuit)), (Some(0.5), (2, 1, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_what_was_set_by_hand_has_no_time() {
    for set in BY_HAND {
        let circuit = recovering(touchy()).await;
        set(&circuit);
        assert_eq!(circuit.snapshot().retry_after, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_counts_rejections_and_late_results() {
    let circuit = circuit(touchy());
    let [late, abandoned] = [(); 2].map(|()| enter(&circuit));
    recover(&circuit).await;
    assert_eq!((circuit.snapshot().rejected, circuit.snapshot().late), (0, 0));
    late.success();
    drop(abandoned);
    let probe = enter(&circuit);
    rejection(&circuit);
    probe.failure();
    rejection(&circuit);
    circuit.force_open();
    rejection(&circuit);
    circuit.reset();
    assert_eq!((circuit.snapshot().rejected, circuit.snapshot().late), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_says_when_each_phase_began() {
    let circuit = circuit(touchy());
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    fail(&circuit, 1);
    assert_eq!(circuit.snapshot().since, now());
    advance(3 * SECOND).await;
    let probe = enter(&circuit);
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    assert_eq!(circuit.snapshot().since + SECOND, now());
    probe.success();
    assert_eq!(circuit.snapshot().since, now());
    advance(SECOND).await;
    circuit.force_open();
    assert_eq!(circuit.snapshot().since, now());
}
