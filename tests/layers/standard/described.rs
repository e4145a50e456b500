//! A stack tells what is in it.

use palisade::standard::{Place, Value};
use palisade::{Backoff, HedgeLayer, Rate, RateLimitLayer, ThrottleLayer, fallback};

use super::*;

#[test]
fn a_description_has_a_line_for_each_layer_in_its_place() {
    let limit = RateLimitLayer::builder("payments", Rate::per(60 * SECOND, 90)).build().unwrap();
    let stack = standard("payments").unwrap().bulkhead(64).fallback(fallback::value(1)).rate_limit(limit);
    let stack = stack.retry(|retry| retry.without_budget().backoff(Backoff::constant(MILLI))).unwrap();
    let stack = stack.throttle(ThrottleLayer::builder("payments").build().unwrap());
    let stack = stack.hedge(HedgeLayer::builder("payments").build().unwrap());
    let lines = "\
payments
  fallback
  total timeout: limit 30s
  rate limit: rate 90 calls in 60s, burst 90
  retry: max_attempts 3, backoff 1ms with no jitter, max_retry_after 30s, budget off, budget_gate off, retry_rejected off
  hedge: after off, after_quantile 0.95, min_delay 1ms, max_hedges 1, budget 10 tokens + 0.1 a call + 1 a second, budget_gate off
  circuit breaker: failure_rate 0.5, throttled_rate 0.9, slow_rate off, consecutive 20, min_calls 20, time_window 10s, \
                 buckets 10, open_for 1s growing by 1.3 to 15s with equal jitter, max_retry_after 30s, probes 5, half_open_for 10s
  throttle: k 2, max_rejection 0.95, time_window 120s, buckets 12
  bulkhead: max_concurrent 64
  attempt timeout: limit 10s";
    assert_eq!(stack.describe().to_string(), lines);
}

#[test]
fn a_description_is_a_value_in_the_order_of_places() {
    let stack = standard("payments").unwrap();
    let stack = stack.circuit_breaker(|circuit| circuit.slow_rate(0.5, SECOND).count_window(50)).unwrap();
    let description = stack.describe();
    assert!(description.layers.is_sorted_by_key(|layer| layer.place));
    assert_eq!(description, stack.clone().describe());
    let value = |place, name| {
        let layer = description.layers.iter().find(|layer| layer.place == place)?;
        Some(layer.settings.iter().find(|setting| setting.name == name)?.value.clone())
    };
    for (place, name, expected) in [
        (Place::Retry, "max_attempts", Value::Count(3)),
        (Place::Retry, "budget", Value::Text("100 tokens + 0.2 a call + 10 a second".into())),
        (Place::CircuitBreaker, "slow_rate", Value::Rate(0.5)),
        (Place::CircuitBreaker, "slow_after", Value::Time(SECOND)),
        (Place::CircuitBreaker, "count_window", Value::Count(50)),
        (Place::AttemptTimeout, "limit", Value::Time(10 * SECOND)),
    ] {
        assert_eq!(value(place, name), Some(expected), "{place} {name}");
    }
    assert_eq!(value(Place::Bulkhead, "max_concurrent"), None);
}

#[test]
fn a_description_tells_the_limit_of_a_bulkhead_that_was_resized() {
    let stack = standard("payments").unwrap().bulkhead(64);
    stack.handles().bulkhead.resize(8);
    assert!(stack.describe().to_string().contains("max_concurrent 8"));
}

#[test]
fn a_description_tells_the_rate_of_each_key_as_it_is_now() {
    let limit = RateLimitLayer::builder("payments", Rate::per_second(5)).per_key(|order: &u32| *order).build().unwrap();
    let stack = standard("payments").unwrap().rate_limit(limit);
    stack.handles().rate_limit.set_rate(Rate::per_second(7)).unwrap();
    assert!(stack.describe().to_string().contains("rate limit: rate 7 calls in 1s, burst 5"));
}
