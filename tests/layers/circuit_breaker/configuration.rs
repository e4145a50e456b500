use super::*;

fn no_rule() -> CircuitBreakerBuilder {
    builder().without_failure_rate().without_throttled_rate().without_consecutive()
}

#[test]
fn a_setting_that_is_not_legal_is_an_error_that_says_so() {
    let rate = "in (0, 1]";
    let named = |name: String| CircuitBreakerLayer::builder(name);
    for (builder, setting, value, legal) in [
        (builder().failure_rate(1.5), "failure_rate", "1.5", rate),
        (builder().failure_rate(0.0), "failure_rate", "0", rate),
        (builder().slow_rate(f64::NAN, SECOND), "slow_rate", "NaN", rate),
        (builder().slow_rate(-1.0, SECOND), "slow_rate", "-1", rate),
        (builder().throttled_rate(2.0), "throttled_rate", "2", rate),
        (no_rule(), "failure_rate", "off", "on, where no other rule is"),
        (builder().min_calls(0), "min_calls", "0", "at least 1"),
        (builder().consecutive(0), "consecutive", "0", "at least 1"),
        (builder().probes(0), "probes", "0", "1 to 1,023"),
        (builder().probes(1024), "probes", "1024", "1 to 1,023"),
        (builder().count_window(0).min_calls(1), "count_window", "0", ""),
        (builder().count_window((1 << 24) + 1), "count_window", "16777217", ""),
        (builder().count_window(20).min_calls(21), "min_calls", "21", "at most the count window"),
        (builder().count_window(19), "min_calls", "20", "at most the count window"),
        (builder().time_window(SECOND, 0), "time_window", "0", ""),
        (builder().time_window(just_before(10 * MILLI), 10), "time_window", "10", ""),
        (builder().time_window(1_000 * SECOND, 1_001), "time_window", "1001", ""),
        (builder().open_for(Backoff::exponential(9 * SECOND, 8 * SECOND)), "open_for", "9s", ""),
        (builder().open_for(Backoff::constant(SECOND).factor(0.9)), "open_for", "0.9", "1 to 100"),
        (named(String::new()), "name", r#""""#, "64"),
        (named("n".repeat(65)), "name", "nnn", "64"),
    ] {
        let error = builder.build().unwrap_err();
        let text = error.to_string();
        assert_eq!(error.setting(), setting, "{text}");
        assert!(error.value().contains(value) && error.legal().contains(legal), "{text}");
        assert!([setting, error.value(), error.legal()].iter().all(|part| text.contains(part)), "{text}");
        assert!(setting == "name" || text.contains("circuit breaker `payments`"), "{text}");
    }
}

#[test]
fn a_setting_at_its_limit_is_legal() {
    for builder in [
        builder().failure_rate(1.0).slow_rate(f64::MIN_POSITIVE, Duration::ZERO),
        no_rule().failure_rate(1.0),
        no_rule().throttled_rate(f64::MIN_POSITIVE).max_retry_after(Duration::ZERO),
        no_rule().consecutive(1),
        no_rule().slow_rate(1.0, Duration::MAX),
        builder().min_calls(u32::MAX).consecutive(u32::MAX).probes(1023),
        builder().count_window(20),
        builder().count_window(1 << 24),
        builder().time_window(10 * MILLI, 10).open_for(Backoff::exponential(SECOND, SECOND)),
        builder().time_window(Duration::MAX, 1_000).half_open_for(Duration::MAX),
        CircuitBreakerLayer::builder("n".repeat(64)),
    ] {
        let shown = format!("{builder:?}");
        assert!(builder.build().is_ok(), "{shown}");
    }
}
