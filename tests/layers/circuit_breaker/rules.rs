use super::*;

/// A circuit that opens at this many failures in a row, and by nothing else.
fn textbook(failures: u32) -> CircuitHandle {
    CircuitBreakerLayer::consecutive(failures).handle()
}

#[tokio::test(start_paused = true)]
async fn each_rule_opens_at_the_call_that_reaches_it() {
    let rate = |rate, min_calls| circuit(builder().failure_rate(rate).min_calls(min_calls));
    let half = |min_calls| builder().min_calls(min_calls);
    let three = || circuit(builder().consecutive(3));
    let slow = || builder().slow_rate(0.5, MILLI);
    let many = "s".repeat(10_000);
    for (claim, circuit, calls) in [
        ("a failure rate of one, where everything fails", rate(1.0, 3), "fff"),
        ("the least failure rate, at one failure of many", rate(f64::MIN_POSITIVE, 1), &format!("{many}f")),
        ("three tenths, at three of ten", rate(0.3, 10), "sssssssfff"),
        ("half, at the success that completes `min_calls`", circuit(half(4)), "ffss"),
        ("the same in a count window", circuit(half(4).count_window(8)), "ffss"),
        ("half of a count window, after many successes", circuit(half(4).count_window(4)), &format!("{many}ff")),
        ("half of what is left of a time window", circuit(half(2)), &format!("{}.ff.f", &many[..30])),
        ("nine tenths, throttled", circuit(builder().throttled_rate(0.9).min_calls(10)), "sttttttttt"),
        ("failures in a row, before `min_calls`", three(), "fff"),
        ("failures in a row, after a success", three(), "ffsfff"),
        ("failures in a row, which only a success ends", three(), "fftttiaf"),
        ("another rule beside failures in a row", circuit(half(2).consecutive(100)), "ff"),
        ("the textbook breaker, at the fifth", textbook(5), "fffff"),
        ("a run of one", textbook(1), "sssf"),
        ("a run of none is one of one", textbook(0), "sssf"),
        ("half of the calls are slow", circuit(slow().min_calls(4)), "ssww"),
        ("all calls are slow, at `min_calls`", circuit(slow()), &"w".repeat(20)),
    ] {
        opens_at_the_last(claim, circuit, calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn below_each_rule_a_circuit_stays_closed() {
    let all = "f".repeat(100);
    for (claim, circuit, calls) in [
        ("a failure rate of one, where one call succeeded", circuit(builder().failure_rate(1.0).min_calls(3)), "sfff"),
        ("fewer than `min_calls`", circuit(builder().min_calls(u32::MAX).without_consecutive()), &all),
        ("no failure rate", circuit(builder().without_failure_rate().without_consecutive().min_calls(1)), &all),
        ("failures that are old", circuit(builder().min_calls(2)), "f..f"),
        ("a quarter of the calls are slow", circuit(builder().slow_rate(0.5, MILLI).min_calls(4)), "sssw"),
        ("the textbook breaker has no failure rate", textbook(5), &"ffffs".repeat(50)),
        ("throttled calls are no failures in a row", textbook(1), "ttt"),
    ] {
        stays_closed(claim, circuit, calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_slow_that_takes_longer_than_slow_after() {
    for (slow_after, taken, outcome, counts) in [
        (SECOND, SECOND, Outcome::Success, (1, 0, 0)),
        (SECOND, SECOND + NANO, Outcome::Success, (1, 0, 1)),
        (SECOND, SECOND + NANO, Outcome::Failed, (1, 1, 1)),
        (Duration::ZERO, Duration::ZERO, Outcome::Success, (1, 0, 0)),
        (Duration::ZERO, NANO, Outcome::Success, (1, 0, 1)),
        (Duration::MAX, 20 * SECOND, Outcome::Success, (1, 0, 0)),
    ] {
        let circuit = circuit(builder().slow_rate(1.0, slow_after));
        take(&circuit, taken, outcome).await;
        assert_eq!(counted(&circuit), counts, "{taken:?} with a limit of {slow_after:?}, {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_textbook_breaker_recovers_by_one_probe() {
    let circuit = textbook(5);
    fail(&circuit, 5);
    let open_for = circuit.snapshot().retry_after.unwrap();
    assert!((SECOND / 2..=SECOND).contains(&open_for), "{open_for:?}");
    open_time(&circuit).await;
    let probe = enter(&circuit);
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    probe.success();
    assert_eq!(circuit.phase(), Phase::Closed);
}
