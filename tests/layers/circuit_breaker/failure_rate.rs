//! The failure rate.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_call_that_reaches_the_failure_rate_opens() {
    let rate = |rate, min_calls| builder().failure_rate(rate).min_calls(min_calls);
    let half = |min_calls| builder().min_calls(min_calls);
    let many = "s".repeat(10_000);
    for (claim, settings, calls) in [
        ("a rate of one, where everything fails", rate(1.0, 3), "fff"),
        ("the least rate, at one failure of many", rate(f64::MIN_POSITIVE, 1), &format!("{many}f")),
        ("three tenths, at three of ten", rate(0.3, 10), "sssssssfff"),
        ("the success that completes `min_calls`", half(4), "ffss"),
        ("the success that completes `min_calls`, of a count window", half(4).count_window(8), "ffss"),
        (
            "half of a count window, after many successes",
            half(100).count_window(100),
            &(many.clone() + &"f".repeat(50)),
        ),
        ("the success that completes `min_calls` again", half(3), "sss.ff.s"),
        ("a rate that rose by expiry, at a failure", half(2), &format!("{}.ff.f", &many[..30])),
        (
            "a rate that rose by expiry, at a slow success",
            half(2).slow_rate(1.0, MILLI),
            &format!("{}.ff.w", &many[..30]),
        ),
    ] {
        opens_at_the_last(claim, circuit(settings), calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn below_the_failure_rate_a_circuit_stays_closed() {
    for (claim, settings, calls) in [
        ("a rate of one, where one call succeeded", builder().failure_rate(1.0).min_calls(3), "sfff"),
        ("a rate that rose by expiry, at a success beyond `min_calls`", builder().min_calls(2), "sss.ff.s"),
        (
            "no failure rate",
            builder().without_failure_rate().slow_rate(1.0, SECOND).min_calls(1),
            "f".repeat(100).as_str(),
        ),
        ("the largest `min_calls`", builder().min_calls(u32::MAX), &"f".repeat(1_000)),
    ] {
        stays_closed(claim, circuit(settings), calls).await;
    }
}
