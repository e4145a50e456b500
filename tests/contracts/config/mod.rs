//! A bad setting is an error of `build()` that names it; what is legal runs, to the limits of its type.

mod circuit;
mod limits;
mod retry;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use palisade::{
    Adaptive, Backoff, Budget, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard, CircuitHandle,
    ConfigError, Criticality, Degradation, Error, Jitter, Name, Outcome, Rate, RateLimitLayer, RetryBuilder,
    RetryLayer, ThrottleBuilder, ThrottleGuard, ThrottleLayer, TimeoutLayer,
};
use tokio::time::advance;
use tokio_test::task;
use tower::{Layer, ServiceExt, service_fn};

use crate::calls;
use crate::support::inner::Answer::{After, Never};
use crate::support::inner::Inner;
use crate::support::{Down, paused};

const MAX: Duration = Duration::MAX;
const SECOND: Duration = Duration::from_secs(1);
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

/// Builds a layer by its name, and gives the name back where that can be looked at.
type Named = fn(String) -> Result<Option<Name>, ConfigError>;

const NAMED: [(&str, Named); 9] = [
    ("name", |name| Name::new(name).map(Some)),
    ("circuit", |name| CircuitBreakerLayer::builder(name).build().map(|layer| Some(layer.handle().name()))),
    ("standard", |name| palisade::standard(name).map(|stack| Some(stack.handles().circuit.name()))),
    ("rate", |name| {
        RateLimitLayer::builder(name, Rate::per_second(1)).build().map(|layer| Some(layer.handle().name()))
    }),
    ("throttle", |name| ThrottleLayer::builder(name).build().map(|layer| Some(layer.handle().name()))),
    ("degradation", |name| Degradation::builder(name).build().map(|degradation| Some(degradation.name()))),
    ("retry", |name| RetryLayer::builder(name).build().map(|_| None)),
    ("bulkhead", |name| {
        BulkheadLayer::builder(1).name(Name::new(name)?).build().map(|layer| Some(layer.handle().name()))
    }),
    ("queue", |name| {
        BulkheadLayer::builder(1).name(Name::new(name)?).max_queue(1).build().map(|layer| Some(layer.handle().name()))
    }),
];

#[test]
fn every_layer_takes_every_legal_name_and_refuses_the_others() {
    for (layer, named) in NAMED {
        for name in ["a".to_owned(), "x".repeat(64), "é".repeat(32)] {
            let taken = named(name.clone()).unwrap_or_else(|error| panic!("{layer}: {error}"));
            assert!(taken.is_none_or(|taken| taken.as_str() == name), "{layer}");
        }
        assert_illegal("name", [String::new(), "x".repeat(65), "é".repeat(33), "x".repeat(1 << 20)].map(named));
    }
}

#[test]
fn a_base_above_its_cap_is_refused() {
    let backoffs = [(NANO, Duration::ZERO), (Duration::from_secs(2), Duration::from_secs(1))]
        .map(|(base, cap)| Backoff::exponential(base, cap));
    assert_illegal("open_for", backoffs.map(|backoff| breaker().open_for(backoff).build()));
    assert_illegal("backoff", backoffs.map(|backoff| retry().backoff(backoff).build()));
}

#[test]
fn an_error_of_a_named_layer_says_which() {
    let (circuit, retry) = (breaker().probes(0).build(), retry().max_attempts(0).build());
    assert!(circuit.unwrap_err().to_string().contains("circuit"));
    assert!(retry.unwrap_err().to_string().contains("retry"));
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
