//! tower-resilience.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use std::{future, mem};

use tokio::runtime::Handle;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_resilience::bulkhead::{BulkheadLayer, BulkheadServiceError};
use tower_resilience::chaos::ChaosLayer;
use tower_resilience::circuitbreaker::{CircuitBreakerError, CircuitBreakerLayer, SlidingWindowType};
use tower_resilience::coalesce::CoalesceLayer;
use tower_resilience::fallback::FallbackLayer;
use tower_resilience::hedge::HedgeLayer;
use tower_resilience::retry::{RetryBudget, RetryBudgetBuilder, RetryConfigBuilder, RetryLayer};
use tower_resilience::timelimiter::TimeLimiterLayer;

use super::{ATTEMPTS, LIMIT, OPEN_FOR, PLACES, TOTAL_LIMIT, WINDOW, open};
use crate::inner::{self, FAILURE, FALLBACK, LAST};
use crate::measure::{Contender, answered, answered_but_last, contender};
use crate::rows::{After, Budget, Failure, First, Health, Path, Window};

pub fn contend(path: Path) -> Option<Contender> {
    Some(match path {
        Path::Closed(window, Health::Well) => contender(breaker(window).layer(service_fn(inner::answer)), answered),
        Path::Closed(window, Health::OneInHundred) => {
            contender(breaker(window).layer(service_fn(inner::one_in_hundred)), answered_but_last)
        }
        Path::Open => {
            let breaker = CircuitBreakerLayer::builder().consecutive_failures(1).wait_duration_in_open(OPEN_FOR);
            let service = open(breaker.build().expect("legal").layer(service_fn(inner::last_fails)), 1);
            contender(service, |_, result| matches!(result, Err(CircuitBreakerError::OpenCircuit)))
        }
        Path::Room => contender(bulkhead(PLACES).layer(service_fn(inner::answer)), answered),
        Path::Full => full(),
        Path::Ready => contender(timeout(LIMIT).layer(service_fn(inner::answer)), answered),
        Path::PendingOnce => contender(timeout(LIMIT).layer(service_fn(inner::pending_once)), answered),
        Path::Unneeded(budget) => contender(retry(budget).build().layer(service_fn(inner::answer)), answered),
        Path::OneFailure(budget, failure) => one_failure(budget, failure),
        Path::Hedged(After::Delay, First::Ready) => contender(hedge().layer(service_fn(inner::answer)), answered),
        Path::Hedged(After::Delay, First::PendingOnce) => {
            contender(hedge().layer(service_fn(inner::pending_once)), answered)
        }
        Path::NotTaken => contender(FallbackLayer::value(FALLBACK).layer(service_fn(inner::fallible)), answered),
        Path::Taken => contender(FallbackLayer::value(FALLBACK).layer(service_fn(inner::down)), |_, result| {
            matches!(result, Ok(FALLBACK))
        }),
        Path::Alone => contender(CoalesceLayer::new(|n: &u64| *n).layer(service_fn(inner::answer)), answered),
        Path::Unharmed => {
            let chaos = ChaosLayer::builder().error_rate(0.0).error_fn(|_: &u64| inner::Down).build();
            contender(chaos.layer(service_fn(inner::fallible)), answered)
        }
        Path::Five => five(),
        Path::Throttled
        | Path::Hedged(After::Quantile, _)
        | Path::Found
        | Path::InRate
        | Path::OverRate
        | Path::Measured
        | Path::OneOf(_)
        | Path::Http(..)
        | Path::Frame(_) => return None,
    })
}

fn breaker(window: Window) -> CircuitBreakerLayer {
    let builder = CircuitBreakerLayer::builder().failure_rate_threshold(0.5).minimum_number_of_calls(20);
    let builder = match window {
        Window::Consecutive => builder.consecutive_failures(5),
        Window::Count => builder.sliding_window_size(100),
        Window::Time => builder.sliding_window_type(SlidingWindowType::TimeBased).sliding_window_duration(WINDOW),
    };
    builder.build().expect("legal")
}

fn bulkhead(places: usize) -> BulkheadLayer {
    BulkheadLayer::builder().max_concurrent_calls(places).reject_when_full().build().expect("legal")
}

/// A bulkhead of one place, which a call that never ends holds.
fn full() -> Contender {
    let service = bulkhead(1).layer(service_fn(|n| async move {
        if n == LAST {
            future::pending::<()>().await;
        }
        inner::answer(n).await
    }));
    let mut never = Box::pin(service.clone().oneshot(LAST));
    Handle::current().block_on(poll_fn(|cx| {
        assert!(never.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    }));
    mem::forget(never);
    contender(service, |_, result| matches!(result, Err(BulkheadServiceError::Bulkhead(_))))
}

fn timeout(limit: Duration) -> TimeLimiterLayer<tower_resilience::timelimiter::FixedTimeout> {
    TimeLimiterLayer::builder().timeout_duration(limit).build()
}

fn hedge() -> HedgeLayer {
    HedgeLayer::builder().delay(LIMIT).build()
}

fn retry<E>(budget: Budget) -> RetryConfigBuilder<u64, u64, E> {
    let builder = RetryLayer::builder().max_attempts(ATTEMPTS as usize).fixed_backoff(Duration::ZERO);
    match budget {
        Budget::On => builder.budget(tokens()),
        Budget::Off => builder,
    }
}

/// A bucket that is filled faster than any loop empties it.
fn tokens() -> Arc<dyn RetryBudget> {
    RetryBudgetBuilder::new().token_bucket().tokens_per_second(1e9).max_tokens(1_000_000).build().expect("legal")
}

fn one_failure(budget: Budget, failure: Failure) -> Contender {
    match failure {
        Failure::Error => contender(retry(budget).build().layer(service_fn(inner::flaky)), answered),
        Failure::Sized => contender(retry(budget).build().layer(service_fn(inner::flaky_sized)), answered),
        Failure::Response => {
            let layer = retry(budget).retry_on_response(|response| *response == FAILURE).build();
            contender(layer.layer(service_fn(inner::flaky_response)), answered)
        }
    }
}

fn five() -> Contender {
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(FALLBACK))
        .layer(timeout(TOTAL_LIMIT))
        .layer(retry(Budget::On).build())
        .layer(breaker(Window::Count))
        .layer(bulkhead(PLACES))
        .service_fn(inner::answer);
    contender(service, answered)
}
