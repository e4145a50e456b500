//! A bad setting is an error of `build()` that names it; what is legal runs, to the limits of its type.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use palisade::{
    Backoff, Budget, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle,
    ConfigError, Error, FallbackLayer, Jitter, Name, Outcome, RetryBuilder, RetryLayer, TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::task;
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    inner::{
        Answer::{After, Never},
        Inner,
    },
    support::Down,
};

const MAX: Duration = Duration::MAX;
const NANO: Duration = Duration::from_nanos(1);
const MILLI: Duration = Duration::from_millis(1);

fn breaker() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("circuit")
}

fn retry() -> RetryBuilder {
    RetryLayer::builder("retry").without_budget()
}

/// Asserts that each of these is refused for this setting, and says so.
fn assert_illegal<T>(setting: &str, results: impl IntoIterator<Item = Result<T, ConfigError>>) {
    for (number, result) in results.into_iter().enumerate() {
        let error = result.err().unwrap_or_else(|| panic!("number {number} was taken for legal"));
        assert_eq!(error.setting(), setting, "number {number}");
        assert!(!error.value().is_empty() && !error.legal().is_empty(), "number {number}");
        let text = error.to_string();
        assert!([setting, error.value(), error.legal()].iter().all(|part| text.contains(part)), "{text}");
    }
}

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

#[tokio::test(start_paused = true)]
async fn every_legal_rate_runs() {
    for rate in [1.0, 0.5, f64::EPSILON, f64::MIN_POSITIVE, f64::from_bits(1)] {
        exercise(breaker().failure_rate(rate).min_calls(2)).await;
        for slow_after in [Duration::ZERO, NANO, MAX] {
            exercise(breaker().slow_rate(rate, slow_after).min_calls(2)).await;
            exercise(breaker().without_failure_rate().slow_rate(rate, slow_after)).await;
        }
    }
}

#[test]
fn every_illegal_failure_rate_is_refused() {
    let rates = [0.0, -0.0, -1.0, 1.0 + f64::EPSILON, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    assert_illegal("failure_rate", rates.map(|rate| breaker().failure_rate(rate).build()));
}

#[test]
fn every_illegal_slow_rate_is_refused() {
    let rates = [0.0, -0.0, -1.0, 1.0 + f64::EPSILON, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    assert_illegal("slow_rate", rates.map(|rate| breaker().slow_rate(rate, MILLI).build()));
}

#[test]
fn a_circuit_without_any_rule_is_refused() {
    assert_illegal("failure_rate", [breaker().without_failure_rate().build()]);
}

#[tokio::test(start_paused = true)]
async fn every_legal_count_of_consecutive_failures_runs() {
    for failures in [1, 2, u32::MAX] {
        exercise(breaker().consecutive(failures)).await;
        exercise(breaker().without_failure_rate().consecutive(failures)).await;
    }
    assert_illegal("consecutive", [breaker().consecutive(0).build()]);
}

#[tokio::test(start_paused = true)]
async fn the_simple_breaker_takes_every_number() {
    for failures in [0, 1, 5, u32::MAX] {
        let service = CircuitBreakerLayer::consecutive(failures).layer(Inner::default());
        assert_eq!(service.oneshot(3).await.unwrap(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn every_legal_count_of_calls_runs() {
    for calls in [1, 20, u32::MAX] {
        exercise(breaker().min_calls(calls)).await;
    }
    assert_illegal("min_calls", [breaker().min_calls(0).build()]);
}

#[tokio::test(start_paused = true)]
async fn every_legal_time_window_runs() {
    let second = Duration::from_secs(1);
    for (span, buckets) in [(MILLI, 1), (second, 1), (second, 1000), (MAX, 1), (MAX, 10), (MAX, 1000)] {
        exercise(breaker().time_window(span, buckets).min_calls(2)).await;
    }
}

#[test]
fn every_illegal_time_window_is_refused() {
    let second = Duration::from_secs(1);
    let windows = [
        (Duration::ZERO, 1),
        (Duration::ZERO, 0),
        (second, 0),
        (second, 1001),
        (second, u32::MAX),
        (MAX, 0),
        (MAX, u32::MAX),
        (Duration::from_nanos(999_999), 1),
        (Duration::from_nanos(9_999_999), 10),
        (Duration::from_nanos(999_999_999), 1000),
    ];
    assert_illegal("time_window", windows.map(|(span, buckets)| breaker().time_window(span, buckets).build()));
}

#[tokio::test(start_paused = true)]
async fn every_legal_count_window_runs() {
    for calls in [1, 2, 63, 64, 65, 1 << 24] {
        exercise(breaker().count_window(calls).min_calls(1)).await;
        exercise(breaker().count_window(calls).min_calls(calls)).await;
    }
}

#[test]
fn every_illegal_count_window_is_refused() {
    let windows = [0, (1 << 24) + 1, u32::MAX];
    assert_illegal("count_window", windows.map(|calls| breaker().min_calls(1).count_window(calls).build()));
}

#[test]
fn more_calls_than_a_count_window_holds_are_refused() {
    let settings = [(1, 2), (19, 20), (100, u32::MAX)];
    let build = |(window, calls)| breaker().count_window(window).min_calls(calls).build();
    assert_illegal("min_calls", settings.map(build));
}

#[tokio::test(start_paused = true)]
async fn every_legal_number_of_probes_runs() {
    for probes in [1, 2, 1023] {
        exercise(breaker().probes(probes).min_calls(2)).await;
    }
    assert_illegal("probes", [0, 1024, u32::MAX].map(|probes| breaker().probes(probes).build()));
}

#[tokio::test(start_paused = true)]
async fn as_many_probes_are_let_through_as_are_legal() {
    let layer = breaker().consecutive(1).probes(1023).open_for(Backoff::none()).build().unwrap();
    layer.handle().try_enter().unwrap().failure();
    let probes: Vec<_> = (0..1023).map(|_| layer.handle().try_enter().unwrap()).collect();
    assert!(layer.handle().try_enter().is_err());
    drop(probes);
}

#[tokio::test(start_paused = true)]
async fn every_half_open_period_runs() {
    for period in [Duration::ZERO, NANO, MAX] {
        exercise(breaker().half_open_for(period).min_calls(2)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_legal_open_time_runs() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        for (base, cap) in
            [(Duration::ZERO, Duration::ZERO), (Duration::ZERO, MAX), (NANO, NANO), (NANO, MAX), (MAX, MAX)]
        {
            exercise(breaker().open_for(Backoff::exponential(base, cap).jitter(jitter)).min_calls(2)).await;
        }
        exercise(breaker().open_for(Backoff::constant(MAX).jitter(jitter)).min_calls(2)).await;
        exercise(breaker().open_for(Backoff::none().jitter(jitter)).min_calls(2)).await;
    }
}

#[test]
fn a_base_above_its_cap_is_refused() {
    let backoffs = [(NANO, Duration::ZERO), (MAX, Duration::from_secs(u64::MAX))]
        .map(|(base, cap)| Backoff::exponential(base, cap));
    assert_illegal("open_for", backoffs.map(|backoff| breaker().open_for(backoff).build()));
    assert_illegal("backoff", backoffs.map(|backoff| retry().backoff(backoff).build()));
}

#[tokio::test(start_paused = true)]
async fn all_limits_of_a_circuit_at_once_run() {
    let most = breaker()
        .failure_rate(1.0)
        .slow_rate(1.0, MAX)
        .consecutive(u32::MAX)
        .min_calls(u32::MAX)
        .time_window(MAX, 1000)
        .probes(1023)
        .half_open_for(MAX)
        .open_for(Backoff::exponential(MAX, MAX))
        .seed(u64::MAX);
    exercise(most).await;
}

#[tokio::test(start_paused = true)]
async fn every_legal_number_of_attempts_runs() {
    for attempts in [1, 2, u32::MAX] {
        let inner = Inner::default().answers([After(0, Err(Down(1)))]);
        let layer = retry().max_attempts(attempts).backoff(Backoff::none()).build().unwrap();
        assert_eq!(layer.layer(inner.clone()).oneshot(1).await.is_ok(), attempts > 1);
        assert_eq!(inner.calls(), usize::try_from(attempts.min(2)).unwrap());
    }
    assert_illegal("max_attempts", [retry().max_attempts(0).build()]);
}

/// The doubling overflows from the 64th step on, and for long bases before.
#[tokio::test(start_paused = true)]
async fn every_delay_of_every_step_is_drawn() {
    for jitter in [Jitter::None, Jitter::Equal, Jitter::Full] {
        for base in [Duration::ZERO, NANO, MILLI, Duration::from_secs(1)] {
            let backoff = Backoff::exponential(base, Duration::from_secs(1)).jitter(jitter);
            let layer = retry().max_attempts(100).backoff(backoff).build().unwrap();
            let inner = Inner::default().ever_answers(After(0, Err(Down(1))));
            assert!(layer.layer(inner.clone()).oneshot(1).await.is_err());
            assert_eq!(inner.calls(), 100);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_delay_is_waited_for() {
    for backoff in [Backoff::constant(MAX), Backoff::exponential(MAX, MAX).jitter(Jitter::Equal)] {
        let layer = retry().backoff(backoff).build().unwrap();
        let inner = Inner::default().ever_answers(After(0, Err(Down(1))));
        let mut call = task::spawn(layer.layer(inner.clone()).oneshot(1));
        assert!(call.poll().is_pending());
        advance(Duration::from_secs(1 << 20)).await;
        assert!(call.poll().is_pending());
        assert_eq!(inner.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_pause_that_a_service_asks_for_is_kept() {
    let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(MAX) };
    let layer = retry().max_retry_after(MAX).classify(throttled).build().unwrap();
    let inner = Inner::default();
    let mut call = task::spawn(layer.layer(inner.clone()).oneshot(1));
    assert!(call.poll().is_pending());
    advance(Duration::from_secs(1 << 20)).await;
    assert!(call.poll().is_pending());
    assert_eq!(inner.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_longest_pause_runs() {
    for pause in [Duration::ZERO, NANO, MAX] {
        let throttled = |_: Result<&u32, &Error>| Outcome::Throttled { retry_after: Some(NANO) };
        let layer = retry().max_retry_after(pause).classify(throttled).build().unwrap();
        let inner = Inner::default();
        assert_eq!(layer.layer(inner.clone()).oneshot(1).await.unwrap(), 1);
        assert_eq!(inner.calls(), if pause < NANO { 1 } else { 3 });
    }
}

#[tokio::test(start_paused = true)]
async fn every_legal_budget_runs() {
    for capacity in [1, 100, u32::MAX] {
        for (ratio, per_second) in [(0.0, 0.0), (f64::MIN_POSITIVE, f64::MIN_POSITIVE), (1000.0, 1e6)] {
            let budget = Budget::builder().capacity(capacity).ratio(ratio).per_second(per_second).build().unwrap();
            assert_eq!(budget.available(), u64::from(capacity));
            let layer = retry().backoff(Backoff::none()).budget(budget.clone()).build().unwrap();
            let inner = Inner::default().answers([After(0, Err(Down(1)))]);
            assert_eq!(layer.layer(inner).oneshot(1).await.unwrap(), 1);
            advance(Duration::from_secs(1 << 30)).await;
            assert!(budget.available() <= u64::from(capacity));
        }
    }
}

#[test]
fn a_budget_that_holds_nothing_is_refused() {
    assert_illegal("capacity", [Budget::builder().capacity(0).build()]);
}

#[test]
fn every_illegal_gain_of_a_budget_is_refused() {
    let gains = [-1.0, -f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX];
    assert_illegal("ratio", gains.map(|gain| Budget::builder().ratio(gain).build()));
    assert_illegal("per_second", gains.map(|gain| Budget::builder().per_second(gain).build()));
    assert_illegal("ratio", [Budget::builder().ratio(1000.1).build()]);
    assert_illegal("per_second", [Budget::builder().per_second(1_000_000.1).build()]);
}

#[tokio::test(start_paused = true)]
async fn every_limit_of_a_timeout_runs() {
    for limit in [Duration::ZERO, NANO, MAX] {
        let ready = TimeoutLayer::new(limit).layer(Inner::default());
        assert_eq!(ready.oneshot(1).await.unwrap(), 1, "{limit:?}");
        let covered = TimeoutLayer::new(limit).cover_readiness().layer(Inner::default());
        assert_eq!(covered.oneshot(1).await.unwrap(), 1, "{limit:?}");
        let asked = TimeoutLayer::by_request(move |_: &u32| limit).layer(Inner::default());
        assert_eq!(asked.oneshot(1).await.unwrap(), 1, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_lets_a_call_take_its_time() {
    let slow = service_fn(|()| async {
        tokio::time::sleep(Duration::from_secs(1 << 25)).await;
        Ok::<_, Down>(1)
    });
    let service = TimeoutLayer::new(MAX).layer(TimeoutLayer::new(MAX).layer(slow));
    assert_eq!(service.oneshot(()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_size_of_a_bulkhead_runs() {
    for places in [1, 2, (1 << 31) - 1, 1 << 31, 1 << 32, usize::MAX] {
        assert_eq!(BulkheadLayer::new(places).layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{places}");
        for queue in [0, 1, usize::MAX] {
            let layer = BulkheadLayer::builder(places).max_queue(queue).max_wait(MAX).build().unwrap();
            assert_eq!(layer.layer(Inner::default()).oneshot(1).await.unwrap(), 1, "{places}, {queue}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_without_places_rejects_or_queues() {
    let full = BulkheadLayer::new(0).layer(Inner::default()).oneshot(1).await;
    assert!(full.unwrap_err().rejection().is_some());
    for wait in [Duration::ZERO, NANO, MILLI] {
        let layer = BulkheadLayer::builder(0).max_queue(1).max_wait(wait).build().unwrap();
        let waited = layer.layer(Inner::default()).oneshot(1).await;
        assert!(waited.unwrap_err().rejection().is_some());
        assert_eq!((layer.handle().in_flight(), layer.handle().queued()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_wait_ends_with_a_place() {
    for queue in [1, usize::MAX] {
        let layer = BulkheadLayer::builder(0).max_queue(queue).max_wait(MAX).build().unwrap();
        let mut call = task::spawn(layer.layer(Inner::default()).oneshot(1));
        assert!(call.poll().is_pending());
        advance(Duration::from_secs(1 << 20)).await;
        assert!(call.poll().is_pending());
        layer.handle().resize(usize::MAX);
        assert!(call.is_woken());
        assert!(call.poll().is_ready());
    }
}

#[test]
fn every_resize_is_taken_and_told() {
    let bulkhead = BulkheadLayer::new(3).handle();
    for places in [0, 1, 1 << 30, (1 << 31) - 2, usize::MAX, 0, 5] {
        bulkhead.resize(places);
        assert_eq!(bulkhead.limit(), places);
        assert_eq!(bulkhead.try_enter().is_ok(), places > 0);
    }
}

#[test]
fn every_legal_name_is_taken_by_every_layer() {
    for name in ["a".to_owned(), "x".repeat(64), "é".repeat(32)] {
        assert_eq!(CircuitBreakerLayer::builder(name.clone()).build().unwrap().handle().name().as_str(), name);
        assert_eq!(BulkheadLayer::builder(1).name(name.clone()).build().unwrap().handle().name().as_str(), name);
        assert!(RetryLayer::builder(name.clone()).build().is_ok());
        assert!(TimeoutLayer::new(MILLI).name(name.clone()).is_ok());
        assert!(FallbackLayer::value(1).name(name).is_ok());
    }
}

#[test]
fn every_illegal_name_is_refused_by_every_layer() {
    let names = || [String::new(), "x".repeat(65), "é".repeat(33), "x".repeat(1 << 20)];
    assert_illegal("name", names().map(Name::new));
    assert_illegal("name", names().map(|name| CircuitBreakerLayer::builder(name).build()));
    assert_illegal("name", names().map(|name| RetryLayer::builder(name).build()));
    assert_illegal("name", names().map(|name| BulkheadLayer::builder(1).name(name).build()));
    assert_illegal("name", names().map(|name| BulkheadLayer::builder(1).name(name).max_queue(1).build()));
    assert_illegal("name", names().map(|name| TimeoutLayer::new(MILLI).name(name)));
    assert_illegal("name", names().map(|name| FallbackLayer::value(1).name(name)));
}

#[test]
fn an_error_of_a_named_layer_says_which() {
    for text in
        [breaker().probes(0).build().unwrap_err().to_string(), retry().max_attempts(0).build().unwrap_err().to_string()]
    {
        assert!(text.contains("circuit") || text.contains("retry"), "{text}");
    }
}

#[test]
fn no_builder_panics() {
    let durations = [Duration::ZERO, NANO, MILLI, MAX];
    let built = catch_unwind(AssertUnwindSafe(|| {
        for base in durations {
            for cap in durations {
                breaker().open_for(Backoff::exponential(base, cap)).slow_rate(1.0, base).build().ok();
                retry().backoff(Backoff::exponential(base, cap)).max_retry_after(cap).build().ok();
            }
            for count in [0, 1, u32::MAX] {
                breaker().min_calls(count).probes(count).consecutive(count).time_window(base, count).build().ok();
            }
        }
    }));
    assert!(built.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_hung_call_under_every_limit_of_a_timeout_is_ended_or_waits() {
    for limit in [Duration::ZERO, NANO, MILLI] {
        let hung = TimeoutLayer::new(limit).layer(service_fn(|()| pending::<Result<(), Down>>()));
        assert!(hung.oneshot(()).await.unwrap_err().is_timeout(), "{limit:?}");
    }
}
