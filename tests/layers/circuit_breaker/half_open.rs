//! Half-open.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_abandoned_probe_frees_its_place() {
    let circuit = recovering(touchy()).await;
    drop(enter(&circuit));
    assert_eq!(counted(&circuit), (0, 0, 0));
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_ignored_probe_frees_its_place() {
    let circuit = recovering(touchy()).await;
    settle(&circuit, [Outcome::Ignored; 10]);
    assert_eq!(counted(&circuit), (0, 0, 0));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn the_most_probes_are_all_admitted() {
    let circuit = recovering(touchy().probes(1023)).await;
    let probes: Vec<_> = (0..1023).map(|_| enter(&circuit)).collect();
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(probes);
    let _again: Vec<_> = (0..1023).map(|_| enter(&circuit)).collect();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
}

/// How many failures it takes to open again, with all probes in flight.
async fn failures_to_open(builder: CircuitBreakerBuilder, probes: usize) -> usize {
    let circuit = recovering(builder).await;
    let calls: Vec<_> = (0..probes).map(|_| enter(&circuit)).collect();
    let fail = |call: CircuitGuard| call.failure();
    calls.into_iter().map(fail).take_while(|()| circuit.phase() == Phase::HalfOpen).count() + 1
}

/// How many successes it takes to close, with all probes in flight.
async fn successes_to_close(builder: CircuitBreakerBuilder, probes: usize) -> usize {
    let circuit = recovering(builder).await;
    let calls: Vec<_> = (0..probes).map(|_| enter(&circuit)).collect();
    let succeed = |call: CircuitGuard| call.success();
    calls.into_iter().map(succeed).take_while(|()| circuit.phase() == Phase::HalfOpen).count() + 1
}

#[tokio::test(start_paused = true)]
async fn probes_open_at_the_least_count_that_reaches_the_rate() {
    for (rate, probes, least) in [
        (0.5, 5, 3),
        (0.5, 4, 2),
        (0.5, 1, 1),
        (0.3, 10, 3),
        (0.31, 10, 4),
        (1.0, 5, 5),
        (0.01, 5, 1),
        (0.1, 1023, 103),
    ] {
        let found = failures_to_open(touchy().failure_rate(rate).probes(probes), probes as usize).await;
        assert_eq!(found, least, "{rate} of {probes}");
    }
}

#[tokio::test(start_paused = true)]
async fn probes_close_as_soon_as_no_rule_can_be_reached() {
    for (rate, probes, enough) in [
        (0.5, 5, 3),
        (0.5, 4, 3),
        (0.5, 1, 1),
        (0.3, 10, 8),
        (0.31, 10, 7),
        (1.0, 5, 1),
        (0.01, 5, 5),
        (0.1, 1023, 921),
    ] {
        let found = successes_to_close(touchy().failure_rate(rate).probes(probes), probes as usize).await;
        assert_eq!(found, enough, "{rate} of {probes}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_consecutive_rule_the_first_failed_probe_opens() {
    assert_eq!(failures_to_open(touchy().consecutive(10).probes(5), 5).await, 1);
}

#[tokio::test(start_paused = true)]
async fn with_the_consecutive_rule_all_probes_must_succeed() {
    assert_eq!(successes_to_close(touchy().consecutive(10).probes(5), 5).await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_probe_is_a_failure_to_the_rate() {
    let circuit = recovering(touchy()).await;
    settle(&circuit, [THROTTLED]);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_probes_open_at_their_rate() {
    let circuit = recovering(touchy().slow_rate(0.5, MILLI).probes(4).failure_rate(0.9)).await;
    take(&circuit, 2 * MILLI, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    take(&circuit, MILLI + NANO, Outcome::Success).await;
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn probes_that_are_just_not_slow_close() {
    let circuit = recovering(touchy().slow_rate(0.5, MILLI).probes(4)).await;
    for _ in 0..3 {
        take(&circuit, MILLI, Outcome::Success).await;
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_or_ignored_probe_does_not_put_off_the_end_of_half_open() {
    let circuit = recovering(builder()).await;
    let (first, second, _third) = (enter(&circuit), enter(&circuit), enter(&circuit));
    advance(20 * SECOND).await;
    drop(first);
    second.settle(Outcome::Ignored);
    advance(10 * SECOND).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_that_hung_opens_from_the_call_that_found_it_for_the_next_step() {
    let steps = Backoff::exponential(SECOND, 10 * SECOND).jitter(Jitter::None);
    let circuit = recovering(touchy().open_for(steps)).await;
    let _hanging = enter(&circuit);
    advance(100 * SECOND).await;
    assert_eq!(rejection(&circuit).retry_after(), Some(2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_longest_half_open_time_does_not_end() {
    let circuit = recovering(touchy().half_open_for(Duration::MAX)).await;
    let _probe = enter(&circuit);
    advance(Duration::from_secs(1 << 32)).await;
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn a_recovered_circuit_starts_with_an_empty_count_window_and_no_run() {
    let circuit = recovering(builder().count_window(20).consecutive(3).probes(1)).await;
    succeed(&circuit, 1);
    assert_eq!(counted(&circuit), (0, 0, 0));
    fail(&circuit, 2);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_wedge_half_open() {
    let circuit = recovering(touchy()).await;
    let _hung = enter(&circuit);
    advance(30 * SECOND).await;
    assert!(circuit.try_enter().is_err());
    open_time(&circuit).await;
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn results_of_probes_do_not_age_out() {
    let circuit = recovering(touchy().probes(5)).await;
    for _ in 0..3 {
        advance(1_000 * SECOND).await;
        enter(&circuit).success();
    }
    assert_eq!(circuit.phase(), Phase::Closed);
}
