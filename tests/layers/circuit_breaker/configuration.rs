//! Configuration.

use super::*;

/// The setting and the value that are not legal.
fn illegal(builder: CircuitBreakerBuilder) -> (&'static str, String) {
    let error = builder.build().expect_err("it is not legal");
    (error.setting(), error.value().to_owned())
}

fn is_legal(builder: CircuitBreakerBuilder) -> bool {
    builder.build().is_ok()
}

#[test]
fn a_rate_outside_of_zero_to_one_is_an_error() {
    let next_after_one = 1.0 + f64::EPSILON;
    for rate in [0.0, -0.0, -0.1, -1.0, next_after_one, 2.0, f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(illegal(builder().failure_rate(rate)), ("failure_rate", rate.to_string()));
        assert_eq!(illegal(builder().slow_rate(rate, SECOND)), ("slow_rate", rate.to_string()));
    }
}

#[test]
fn a_rate_that_is_no_number_is_an_error() {
    assert_eq!(illegal(builder().failure_rate(f64::NAN)), ("failure_rate", "NaN".to_owned()));
    assert_eq!(illegal(builder().slow_rate(f64::NAN, SECOND)), ("slow_rate", "NaN".to_owned()));
}

#[test]
fn a_rate_in_zero_to_one_is_legal() {
    for rate in [f64::from_bits(1), f64::MIN_POSITIVE, 0.5, 1.0 - f64::EPSILON, 1.0] {
        assert!(is_legal(builder().failure_rate(rate)), "{rate}");
        assert!(is_legal(builder().slow_rate(rate, SECOND)), "{rate}");
    }
}

#[test]
fn any_slow_after_is_legal() {
    for slow_after in [Duration::ZERO, NANO, Duration::MAX] {
        assert!(is_legal(builder().slow_rate(0.5, slow_after)));
    }
}

#[test]
fn a_count_of_zero_is_an_error() {
    assert_eq!(illegal(builder().min_calls(0)), ("min_calls", "0".to_owned()));
    assert_eq!(illegal(builder().consecutive(0)), ("consecutive", "0".to_owned()));
    assert_eq!(illegal(builder().probes(0)), ("probes", "0".to_owned()));
    assert_eq!(illegal(builder().count_window(0)), ("count_window", "0".to_owned()));
    assert_eq!(illegal(builder().time_window(SECOND, 0)).0, "time_window");
}

#[test]
fn a_count_of_one_is_legal() {
    assert!(is_legal(builder().min_calls(1).consecutive(1).probes(1).count_window(1)));
    assert!(is_legal(builder().time_window(SECOND, 1)));
}

#[test]
fn more_probes_than_the_most_are_an_error() {
    assert!(is_legal(builder().probes(1023)));
    assert_eq!(illegal(builder().probes(1024)), ("probes", "1024".to_owned()));
    assert_eq!(illegal(builder().probes(u32::MAX)), ("probes", u32::MAX.to_string()));
}

#[test]
fn the_largest_counts_are_legal_where_no_other_setting_bounds_them() {
    assert!(is_legal(builder().min_calls(u32::MAX)));
    assert!(is_legal(builder().consecutive(u32::MAX)));
}

#[test]
fn min_calls_above_a_count_window_are_an_error() {
    assert!(is_legal(builder().min_calls(20).count_window(20)));
    assert_eq!(illegal(builder().min_calls(21).count_window(20)), ("min_calls", "21".to_owned()));
    assert_eq!(illegal(builder().count_window(19)), ("min_calls", "20".to_owned()));
}

#[test]
fn a_count_window_that_does_not_fit_is_an_error() {
    assert!(is_legal(builder().count_window(1 << 24)));
    assert_eq!(illegal(builder().count_window((1 << 24) + 1)).0, "count_window");
    assert_eq!(illegal(builder().count_window(u32::MAX)).0, "count_window");
}

#[test]
fn a_window_of_time_that_is_too_fine_is_an_error() {
    assert!(is_legal(builder().time_window(10 * MILLI, 10)));
    assert_eq!(illegal(builder().time_window(10 * MILLI - NANO, 10)).0, "time_window");
    assert_eq!(illegal(builder().time_window(Duration::ZERO, 1)).0, "time_window");
    assert!(is_legal(builder().time_window(SECOND, 1_000)));
    assert_eq!(illegal(builder().time_window(SECOND * 1_000, 1_001)).0, "time_window");
    assert_eq!(illegal(builder().time_window(Duration::MAX, u32::MAX)).0, "time_window");
}

#[test]
fn the_longest_window_of_time_is_legal() {
    let circuit = circuit(builder().time_window(Duration::MAX, 1_000));
    fail(&circuit, 19);
    assert_eq!(counted(&circuit), (19, 19, 0));
}

#[test]
fn an_open_time_with_its_base_above_its_cap_is_an_error() {
    assert!(is_legal(builder().open_for(Backoff::exponential(SECOND, SECOND))));
    assert_eq!(illegal(builder().open_for(Backoff::exponential(SECOND + NANO, SECOND))).0, "open_for");
    assert_eq!(illegal(builder().open_for(Backoff::exponential(NANO, Duration::ZERO))).0, "open_for");
}

#[test]
fn the_extremes_of_open_and_half_open_times_are_legal() {
    for time in [Duration::ZERO, Duration::MAX] {
        assert!(is_legal(builder().open_for(Backoff::constant(time)).half_open_for(time)));
        assert!(is_legal(builder().open_for(Backoff::exponential(time, Duration::MAX))));
    }
}

#[test]
fn a_breaker_without_any_rule_is_an_error() {
    assert_eq!(illegal(builder().without_failure_rate()).0, "failure_rate");
    assert!(is_legal(builder().without_failure_rate().consecutive(1)));
    assert!(is_legal(builder().without_failure_rate().slow_rate(1.0, SECOND)));
}

#[test]
fn a_name_without_text_or_too_long_is_an_error() {
    let named = |name: String| CircuitBreakerLayer::builder(name);
    assert_eq!(illegal(named(String::new())).0, "name");
    assert!(is_legal(named("n".repeat(64))));
    assert_eq!(illegal(named("n".repeat(65))).0, "name");
}

#[test]
fn an_error_says_the_layer_the_name_the_setting_the_value_and_what_is_legal() {
    let error: ConfigError = builder().failure_rate(1.5).build().unwrap_err();
    assert_eq!(error.legal(), "in (0, 1]");
    let message = error.to_string();
    for part in ["circuit breaker", "payments", "failure_rate", "1.5", "in (0, 1]"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn each_error_says_the_value() {
    let values = [
        (builder().min_calls(21).count_window(20), "21"),
        (builder().time_window(MILLI, 7), "7"),
        (builder().time_window(MILLI, 0), "0"),
        (builder().open_for(Backoff::exponential(9 * SECOND, 8 * SECOND)), "9s"),
        (builder().probes(2_000), "2000"),
    ];
    for (builder, value) in values {
        let error = builder.build().unwrap_err();
        assert!(error.value().contains(value), "{error}");
        assert!(error.to_string().contains("circuit breaker `payments`"), "{error}");
        assert!(!error.legal().is_empty(), "{error}");
    }
}

/// A breaker over a service with room for one call, which hangs; half-open, with that call in flight as its probe.
async fn hung_below_a_limit(
    probes: u32,
) -> (CircuitHandle, impl Service<(), Response = (), Error = Error, Future: Send> + Clone + Send) {
    let open_for = Backoff::constant(Duration::from_secs(5));
    let builder = CircuitBreakerLayer::builder("hung").without_failure_rate().consecutive(1).probes(probes);
    let layer = builder.open_for(open_for).build().expect("legal");
    let circuit = layer.handle();
    let service =
        ServiceBuilder::new().layer(layer).concurrency_limit(1).service(strict(|()| pending::<Result<(), Error>>()));
    circuit.try_enter().expect("closed").failure();
    advance(Duration::from_secs(5)).await;
    tokio::spawn(service.clone().oneshot(()));
    tokio::task::yield_now().await;
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    (circuit, service)
}

#[tokio::test(start_paused = true)]
async fn callers_do_not_wait_for_the_service_while_all_probes_are_taken() {
    let (_, service) = hung_below_a_limit(1).await;
    let result = service.oneshot(()).await;
    assert_eq!(result.unwrap_err().rejection().unwrap().reason(), RejectionReason::ProbesTaken);
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_that_the_service_waits_for_opens_the_circuit_again() {
    for probes in [1, 2] {
        let (circuit, service) = hung_below_a_limit(probes).await;
        advance(Duration::from_secs(30)).await;
        let result = service.oneshot(()).await;
        assert_eq!(result.unwrap_err().rejection().unwrap().reason(), RejectionReason::CircuitOpen);
        assert_eq!(circuit.phase(), Phase::Open);
    }
}
