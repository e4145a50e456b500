use super::*;

#[tokio::test(start_paused = true)]
async fn by_default_half_of_twenty_failures_open() {
    for calls in ["f".repeat(20), "s".repeat(10) + &"f".repeat(10), "s".repeat(11) + &"f".repeat(11)] {
        opens_at_the_last(&calls, circuit(builder()), &calls).await;
    }
    stays_closed("failures in a row do not count", circuit(builder()), &("s".repeat(200) + &"f".repeat(199))).await;
}

#[tokio::test(start_paused = true)]
async fn by_default_a_window_is_ten_buckets_of_three_seconds() {
    let circuit = circuit(builder());
    advance(just_before(3 * SECOND)).await;
    fail(&circuit, 1);
    advance(NANO).await;
    enter(&circuit).success();
    for (pause, counts) in [
        (just_before(27 * SECOND), (2, 1, 0)),
        (NANO, (1, 0, 0)),
        (just_before(3 * SECOND), (1, 0, 0)),
        (NANO, (0, 0, 0)),
    ] {
        advance(pause).await;
        assert_eq!(counted(&circuit), counts);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_three_of_five_probes_decide() {
    let circuit = recovering(builder()).await;
    let probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(probes);
    for (before, last, phase) in [("ss", "s", Phase::Closed), ("fssf", "f", Phase::Open)] {
        let circuit = recovering(builder()).await;
        run(&circuit, before).await;
        assert_eq!(circuit.phase(), Phase::HalfOpen);
        run(&circuit, last).await;
        assert_eq!(circuit.phase(), phase);
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_open_times_double_from_five_seconds_to_a_minute() {
    let mut first = Vec::new();
    for seed in 0..200 {
        let circuit = circuit(builder().seed(seed));
        fail(&circuit, 20);
        first.extend(circuit.snapshot().retry_after);
        for longest in [5, 10, 20, 40, 60, 60, 60].map(Duration::from_secs) {
            let open_for = circuit.snapshot().retry_after.unwrap();
            assert!((longest / 2..=longest).contains(&open_for), "{open_for:?} of {longest:?}");
            open_time(&circuit).await;
            fail(&circuit, 3);
        }
    }
    assert!(first.iter().any(|&time| time < MILLI * 2_600), "{first:?}");
    assert!(first.iter().any(|&time| time > MILLI * 4_900), "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_a_probe_hangs_after_thirty_seconds() {
    let circuit = recovering(builder().probes(1)).await;
    let _hanging = enter(&circuit);
    advance(just_before(30 * SECOND)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    advance(NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn by_default_slowness_does_not_count() {
    let circuit = circuit(builder().min_calls(1));
    take(&circuit, 29 * SECOND, Outcome::Success).await;
    assert_eq!((counted(&circuit), circuit.phase()), ((1, 0, 0), Phase::Closed));
}
