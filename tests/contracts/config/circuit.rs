//! The settings of a circuit breaker.

use super::*;

/// Calls that answer, fail, hang and are dropped, while the circuit goes through all of its phases.
async fn exercise(builder: CircuitBreakerBuilder) {
    let layer = builder.build().unwrap();
    let inner = Inner::default().answers([After(1, Ok(1)), After(1, Err(Down(1))), Never]);
    let (service, circuit) = (layer.layer(inner.clone()), layer.handle());
    for _ in 0..3 {
        let mut call = task::spawn(service.clone().oneshot(1));
        for _ in 0..2 {
            if call.poll().is_ready() {
                break;
            }
            advance(MILLI).await;
        }
    }
    assert!(inner.calls() >= 2, "no call got through");
    for _ in 0..4 {
        for _ in 0..60 {
            circuit.try_enter().map(CircuitGuard::failure).ok();
        }
        advance(Duration::from_secs(100)).await;
        for _ in 0..60 {
            circuit.try_enter().map(CircuitGuard::success).ok();
        }
        circuit.snapshot();
    }
    for steer in [CircuitHandle::metrics_only, CircuitHandle::force_closed, CircuitHandle::reset] {
        steer(&circuit);
        assert_eq!(layer.layer(Inner::default()).oneshot(7).await.unwrap(), 7);
    }
}

#[test]
fn every_illegal_setting_of_a_circuit_is_refused() {
    let rates = [0.0, -0.0, -1.0, 1.0 + f64::EPSILON, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    assert_illegal("failure_rate", rates.map(|rate| breaker().failure_rate(rate).build()));
    assert_illegal("throttled_rate", rates.map(|rate| breaker().throttled_rate(rate).build()));
    assert_illegal("slow_rate", rates.map(|rate| breaker().slow_rate(rate, MILLI).build()));
    let no_rule = breaker().without_failure_rate().without_throttled_rate().without_consecutive();
    assert_illegal("failure_rate", [no_rule.build()]);
    let factors = [0.0, 0.999, -1.0, 100.001, f64::NAN, f64::INFINITY];
    assert_illegal("open_for", factors.map(|factor| breaker().open_for(Backoff::none().factor(factor)).build()));
    assert_illegal("consecutive", [breaker().consecutive(0).build()]);
    assert_illegal("min_calls", [breaker().min_calls(0).build()]);
    assert_illegal("probes", [0, 1024, u32::MAX].map(|probes| breaker().probes(probes).build()));
    let of_no_time = [(Duration::ZERO, 1), (Duration::ZERO, 0)];
    let of_no_or_many_buckets = [(SECOND, 0), (SECOND, 1001), (SECOND, u32::MAX), (MAX, 0), (MAX, u32::MAX)];
    let of_short_buckets = [(999_999, 1), (9_999_999, 10), (999_999_999, 1000)]
        .map(|(nanos, buckets)| (Duration::from_nanos(nanos), buckets));
    for (span, buckets) in of_no_time.into_iter().chain(of_no_or_many_buckets).chain(of_short_buckets) {
        assert_illegal("time_window", [breaker().time_window(span, buckets).build()]);
    }
    let windows = [0, (1 << 24) + 1, u32::MAX];
    assert_illegal("count_window", windows.map(|calls| breaker().min_calls(1).count_window(calls).build()));
    let too_short = [(1, 2), (19, 20), (100, u32::MAX)];
    assert_illegal(
        "min_calls",
        too_short.map(|(window, calls)| breaker().count_window(window).min_calls(calls).build()),
    );
}

/// Circuits with settings to the limits of their types.
fn legal() -> Vec<CircuitBreakerBuilder> {
    let few = || breaker().min_calls(2);
    let mut all = Vec::new();
    for rate in [1.0, 0.5, f64::EPSILON, f64::MIN_POSITIVE, f64::from_bits(1)] {
        all.extend([few().failure_rate(rate), few().throttled_rate(rate)]);
        for slow_after in [Duration::ZERO, NANO, MAX] {
            all.extend([few(), breaker().without_failure_rate()].map(|builder| builder.slow_rate(rate, slow_after)));
        }
    }
    for failures in [1, 2, u32::MAX] {
        all.extend([breaker(), breaker().without_failure_rate()].map(|builder| builder.consecutive(failures)));
    }
    all.extend([1, 20, u32::MAX].map(|calls| breaker().min_calls(calls)));
    let windows = [(MILLI, 1), (SECOND, 1), (SECOND, 1000), (MAX, 1), (MAX, 10), (MAX, 1000)];
    all.extend(windows.map(|(span, buckets)| few().time_window(span, buckets)));
    for calls in [1, 2, 63, 64, 65, 1 << 24] {
        all.extend([1, calls].map(|least| breaker().count_window(calls).min_calls(least)));
    }
    all.extend([1, 2, 1023].map(|probes| few().probes(probes)));
    all.extend([Duration::ZERO, NANO, MAX].map(|period| few().half_open_for(period)));
    all.extend([Duration::ZERO, NANO, MAX].map(|most| few().max_retry_after(most)));
    all.extend([1.0, 1.3, 100.0].map(|factor| few().open_for(Backoff::exponential(NANO, MAX).factor(factor))));
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        let spans = [(Duration::ZERO, Duration::ZERO), (Duration::ZERO, MAX), (NANO, NANO), (NANO, MAX), (MAX, MAX)];
        let backoffs = spans.map(|(base, cap)| Backoff::exponential(base, cap)).into_iter();
        let backoffs = backoffs.chain([Backoff::constant(MAX), Backoff::none()]);
        all.extend(backoffs.map(|backoff| few().open_for(backoff.jitter(jitter))));
    }
    let rates = breaker().failure_rate(1.0).slow_rate(1.0, MAX).consecutive(u32::MAX).min_calls(u32::MAX);
    let times = rates.time_window(MAX, 1000).half_open_for(MAX).open_for(Backoff::exponential(MAX, MAX));
    all.push(times.probes(1023).seed(u64::MAX));
    all
}

#[test]
fn every_legal_circuit_runs() {
    for builder in legal() {
        let shown = format!("{builder:?}");
        let ran = catch_unwind(AssertUnwindSafe(|| paused(exercise(builder))));
        assert!(ran.is_ok(), "it does not run: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_simple_breaker_takes_every_number() {
    for failures in [0, 1, 5, u32::MAX] {
        let service = CircuitBreakerLayer::consecutive(failures).layer(Inner::default());
        assert_eq!(service.oneshot(3).await.unwrap(), 3, "{failures}");
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_probes_are_let_through_as_are_legal() {
    let layer = breaker().consecutive(1).probes(1023).open_for(Backoff::none()).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    let probes: Vec<_> = (0..1023).map(|_| layer.handle().try_enter().unwrap()).collect();
    assert!(layer.handle().try_enter().is_err());
    drop(probes);
}
