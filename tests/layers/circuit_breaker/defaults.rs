//! Defaults.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_circuit_starts_closed() {
    assert_eq!(circuit(builder()).phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_nineteen_failures_are_too_few_to_open() {
    let circuit = circuit(builder());
    fail(&circuit, 19);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_the_twentieth_failure_opens() {
    let circuit = circuit(builder());
    fail(&circuit, 20);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_half_of_twenty_opens() {
    let circuit = circuit(builder());
    succeed(&circuit, 10);
    fail(&circuit, 9);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_less_than_half_does_not_open() {
    let circuit = circuit(builder());
    succeed(&circuit, 11);
    fail(&circuit, 10);
    assert_eq!(circuit.phase(), Phase::Closed);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_a_result_counts_for_thirty_seconds() {
    let circuit = circuit(builder());
    fail(&circuit, 1);
    advance(30 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (1, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn by_default_a_bucket_is_three_seconds_long() {
    let circuit = circuit(builder());
    advance(3 * SECOND - NANO).await;
    fail(&circuit, 1);
    advance(NANO).await;
    succeed(&circuit, 1);
    advance(27 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (2, 1, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    advance(3 * SECOND - NANO).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    advance(NANO).await;
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn by_default_five_probes_pass_and_the_sixth_call_is_rejected() {
    let circuit = recovering(builder()).await;
    let _probes: Vec<_> = (0..5).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn by_default_three_good_probes_close() {
    let circuit = recovering(builder()).await;
    succeed(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    succeed(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_three_bad_probes_open() {
    let circuit = recovering(builder()).await;
    settle(&circuit, [Outcome::Failed, Outcome::Success, Outcome::Success, Outcome::Failed]);
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    fail(&circuit, 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn by_default_it_opens_for_the_upper_half_of_five_seconds() {
    let open_times: Vec<_> = (0..200)
        .map(|seed| {
            let circuit = circuit(builder().seed(seed));
            fail(&circuit, 20);
            circuit.snapshot().retry_after.expect("the circuit is open")
        })
        .collect();
    assert!(open_times.iter().all(|time| (SECOND * 5 / 2..=SECOND * 5).contains(time)), "{open_times:?}");
    assert!(open_times.iter().any(|&time| time < MILLI * 2_600), "{open_times:?}");
    assert!(open_times.iter().any(|&time| time > MILLI * 4_900), "{open_times:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_open_times_double_to_a_minute() {
    for seed in 0..20 {
        let circuit = circuit(builder().seed(seed));
        fail(&circuit, 20);
        for longest in [5, 10, 20, 40, 60, 60, 60].map(Duration::from_secs) {
            let open_for = circuit.snapshot().retry_after.expect("the circuit is open");
            assert!((longest / 2..=longest).contains(&open_for), "{open_for:?} of {longest:?}");
            open_time(&circuit).await;
            fail(&circuit, 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_probe_hangs_after_thirty_seconds() {
    let circuit = recovering(builder().probes(1)).await;
    let _hanging = enter(&circuit);
    advance(30 * SECOND - NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    advance(NANO).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn by_default_slowness_does_not_count() {
    let circuit = circuit(builder().min_calls(1));
    take(&circuit, Duration::from_secs(29), Outcome::Success).await;
    assert_eq!(counted(&circuit), (1, 0, 0));
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn by_default_failures_in_a_row_do_not_open() {
    let circuit = circuit(builder());
    succeed(&circuit, 200);
    fail(&circuit, 199);
    assert_eq!(circuit.phase(), Phase::Closed);
}
