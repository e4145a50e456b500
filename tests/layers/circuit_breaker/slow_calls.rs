//! The rate of slow calls.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_is_slow_that_takes_longer_than_slow_after() {
    for (slow_after, taken, outcome, counts) in [
        (SECOND, SECOND - NANO, Outcome::Success, (1, 0, 0)),
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
async fn the_slow_call_that_reaches_the_slow_rate_opens() {
    let half = || builder().slow_rate(0.5, MILLI);
    for (claim, settings, calls) in [
        ("half of them", half().min_calls(4), "ssww"),
        ("all of them, once there are `min_calls`", half(), "w".repeat(20).as_str()),
        ("half of a count window", half().count_window(4).min_calls(4), &("s".repeat(100) + "ww")),
    ] {
        opens_at_the_last(claim, circuit(settings), calls).await;
    }
    stays_closed("a quarter of them", circuit(half().min_calls(4)), "sssw").await;
}
