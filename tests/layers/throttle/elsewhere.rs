//! What the tests of other libraries expect of such a throttle, where it means the same here.

use super::*;

/// From go-kratos' `sre_test`, without its least number of calls, and failsafe-go's `adaptivethrottler_test`.
#[tokio::test(start_paused = true)]
async fn a_probability_is_as_it_is_elsewhere() {
    for (what, most, successes, failures, probability) in [
        ("go-kratos: all succeed", 0.95, 80, 0, 0.0),
        ("go-kratos: more succeed", 0.95, 200, 0, 0.0),
        ("go-kratos: a few succeed, and then far more fail", 0.95, 100, 1_000_000, 0.95),
        ("go-kratos: just more than half succeed", 0.95, 500_001, 500_000, 0.0),
        ("go-kratos: half succeed", 0.95, 5, 5, 0.0),
        ("go-kratos: none succeeds", 0.95, 0, 10, 10.0 / 11.0),
        ("failsafe-go: one failure", 0.95, 0, 1, 0.5),
        ("failsafe-go: no more than is allowed", 0.5, 0, 20, 0.5),
    ] {
        let throttle = builder().max_rejection(most).build().unwrap().handle();
        // All of them enter before one ends, so that none is rejected.
        let calls: Vec<_> = (0..successes + failures).map(|_| throttle.try_enter().unwrap()).collect();
        for (number, call) in calls.into_iter().enumerate() {
            if number < successes { call.success() } else { call.failure() }
        }
        let seen = throttle.snapshot(Criticality::Critical);
        assert_eq!((seen.requests, seen.accepts), ((successes + failures) as u64, successes as u64), "{what}");
        assert!((seen.probability - probability).abs() < 1e-9, "{what}: {}", seen.probability);
        advance(WINDOW).await;
        let idle = throttle.snapshot(Criticality::Critical);
        assert_eq!((idle.requests, idle.accepts, idle.probability), (0, 0, 0.0), "{what}, and then none comes");
        assert!(throttle.try_enter().is_ok(), "{what}, and then none comes");
    }
}
