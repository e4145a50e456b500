//! Ours.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use palisade::http::{Http, HttpClassifier, Idempotent, ReplayBody, Resend};
use palisade::retry::Rules;
use palisade::{
    Adaptive, Backoff, Budget, BulkheadLayer, ChaosLayer, CircuitBreakerLayer, CoalesceLayer, Error, FallbackLayer,
    HedgeLayer, MeasureLayer, Outcome, Rate, RateLimitLayer, Replica, Replicas, ReplicasBuilder, RetryBuilder,
    RetryLayer, ThrottleLayer, TimeoutLayer,
};
use tower::{Layer, Service, ServiceBuilder, service_fn};

use crate::http::Ask;
use crate::inner::{FAILURE, FALLBACK};
use crate::measure::{Contender, answered, answered_but_last, contender, runtime};
use crate::peers::{BURST, LIMIT, OPEN_FOR, PLACES, TOTAL_LIMIT, WINDOW, open};
use crate::rows::{After, Failure, First, Health, Path, Through, Window};
use crate::{http, inner, rows};

pub fn contend(path: Path) -> Contender {
    match path {
        Path::Closed(window, Health::Well) => contender(breaker(window).layer(service_fn(inner::fallible)), answered),
        Path::Closed(window, Health::OneInHundred) => {
            contender(breaker(window).layer(service_fn(inner::one_in_hundred)), answered_but_last)
        }
        Path::Throttled => {
            let throttle = ThrottleLayer::builder("throttle").build().expect("legal");
            contender(throttle.layer(service_fn(inner::fallible)), answered)
        }
        Path::Open => {
            let breaker = CircuitBreakerLayer::builder("open").consecutive(1).open_for(Backoff::constant(OPEN_FOR));
            let service = breaker.build().expect("legal").layer(service_fn(inner::last_fails));
            contender(open(service, 1), rejected)
        }
        Path::Room => contender(BulkheadLayer::new(PLACES).layer(service_fn(inner::answer)), answered),
        Path::Found => {
            let adaptive = BulkheadLayer::builder(PLACES).adaptive(Adaptive::gradient().min(PLACES));
            contender(adaptive.build().expect("legal").layer(service_fn(inner::answer)), answered)
        }
        Path::Full => contender(BulkheadLayer::new(0).layer(service_fn(inner::answer)), rejected),
        Path::InRate => {
            let limit = RateLimitLayer::builder("rate", Rate::per_second(1_000_000_000)).burst(BURST);
            contender(limit.build().expect("legal").layer(service_fn(inner::answer)), answered)
        }
        Path::OverRate => {
            let limit = RateLimitLayer::builder("rate", Rate::per(OPEN_FOR, 1)).build().expect("legal");
            limit.handle().drain();
            contender(limit.layer(service_fn(inner::answer)), rejected)
        }
        Path::Ready => contender(TimeoutLayer::new(LIMIT).layer(service_fn(inner::answer)), answered),
        Path::PendingOnce => contender(TimeoutLayer::new(LIMIT).layer(service_fn(inner::pending_once)), answered),
        Path::Unneeded(budget) => contender(retry(budget).layer(service_fn(inner::answer)), answered),
        Path::OneFailure(budget, failure) => one_failure(retry_builder(budget), failure),
        Path::Hedged(after, First::Ready) => hedged(after, service_fn(inner::answer)),
        Path::Hedged(after, First::PendingOnce) => hedged(after, service_fn(inner::pending_once)),
        Path::NotTaken => contender(FallbackLayer::value(FALLBACK).layer(service_fn(inner::answer)), answered),
        Path::Taken => contender(FallbackLayer::value(FALLBACK).layer(service_fn(inner::down)), |_, result| {
            matches!(result, Ok(FALLBACK))
        }),
        Path::Measured => {
            contender(MeasureLayer::new("measure").expect("legal").layer(service_fn(inner::answer)), answered)
        }
        Path::Alone => contender(CoalesceLayer::by(|n: &u64| *n).layer(service_fn(inner::answer)), answered),
        Path::Unharmed => {
            let chaos = ChaosLayer::builder("chaos").fail(1.0, |_| inner::Down).build().expect("legal");
            contender(chaos.layer(service_fn(inner::answer)), answered)
        }
        Path::OneOf(replicas) => {
            let all = (0..replicas).map(|n| Replica::new(n.to_string(), service_fn(inner::answer)));
            contender(
                all.fold(Replicas::builder("replicas"), ReplicasBuilder::replica).build().expect("legal"),
                answered,
            )
        }
        Path::Five => five(),
        Path::Http(through, ask) => http_calls(through, ask),
        Path::Frame(through) => http_frames(through),
    }
}

fn http_calls(through: Through, ask: Ask) -> Contender {
    match through {
        Through::Timeout => http::calls(TimeoutLayer::http(LIMIT).layer(service_fn(http::echo)), ask),
        Through::Breaker => http::calls(http_breaker().layer(service_fn(http::echo)), ask),
        Through::Bulkhead => http::calls(http_bulkhead().layer(service_fn(http::echo)), ask),
        Through::Retry => http::calls(http_retry().layer(service_fn(http::echo)), ask),
        Through::Five => {
            let service = ServiceBuilder::new()
                .layer(TimeoutLayer::http(TOTAL_LIMIT))
                .layer(http_retry())
                .layer(http_breaker())
                .layer(http_bulkhead())
                .layer(TimeoutLayer::http(LIMIT))
                .service_fn(http::echo);
            http::calls(service, ask)
        }
    }
}

fn http_frames(through: Through) -> Contender {
    match through {
        Through::Timeout => http::frames(TimeoutLayer::http(OPEN_FOR).layer(service_fn(http::endless))),
        Through::Breaker => http::frames(http_breaker().layer(service_fn(http::endless))),
        Through::Bulkhead => http::frames(http_bulkhead().layer(service_fn(http::endless))),
        Through::Retry | Through::Five => unreachable!("no row asks for it"),
    }
}

fn http_breaker() -> CircuitBreakerLayer<Http> {
    CircuitBreakerLayer::http("http").build().expect("legal")
}

fn http_bulkhead() -> BulkheadLayer<Http> {
    BulkheadLayer::http(PLACES).build().expect("legal")
}

#[expect(clippy::type_complexity, reason = "the rules of a retry for HTTP")]
fn http_retry() -> RetryLayer<Rules<HttpClassifier, Resend<ReplayBody<Full<Bytes>>>, Idempotent>> {
    RetryLayer::http("http").build().expect("legal")
}

fn rejected(_: u64, result: &Result<u64, Error>) -> bool {
    matches!(result, Err(Error::Rejected(_)))
}

fn breaker(window: Window) -> CircuitBreakerLayer {
    let builder = CircuitBreakerLayer::builder("breaker");
    match window {
        Window::Consecutive => CircuitBreakerLayer::consecutive(5),
        Window::Count => builder.count_window(100).build().expect("legal"),
        Window::Time => builder.time_window(WINDOW, 10).build().expect("legal"),
    }
}

fn retry_builder(budget: rows::Budget) -> RetryBuilder {
    let builder = RetryLayer::builder("retry").backoff(Backoff::none());
    match budget {
        rows::Budget::On => builder.budget(Budget::builder().ratio(1.0).build().expect("legal")),
        rows::Budget::Off => builder.without_budget(),
    }
}

fn retry(budget: rows::Budget) -> RetryLayer {
    retry_builder(budget).build().expect("legal")
}

fn one_failure(builder: RetryBuilder<Rules>, failure: Failure) -> Contender {
    match failure {
        Failure::Error => contender(builder.build().expect("legal").layer(service_fn(inner::flaky)), answered),
        Failure::Sized => contender(builder.build().expect("legal").layer(service_fn(inner::flaky_sized)), answered),
        Failure::Response => {
            let by_response = |result: Result<&u64, &Error>| match result {
                Ok(&FAILURE) | Err(_) => Outcome::Transient,
                Ok(_) => Outcome::Success,
            };
            let layer = builder.classify(by_response).build().expect("legal");
            contender(layer.layer(service_fn(inner::flaky_response)), answered)
        }
    }
}

fn hedged<S>(after: After, inner: S) -> Contender
where
    S: Service<u64, Response = u64, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let builder = HedgeLayer::builder("hedge");
    let builder = match after {
        After::Delay => builder.after(LIMIT),
        After::Quantile => builder,
    };
    let layer = builder.build().expect("legal");
    let mut hedged = contender(layer.layer(inner), answered);
    // Else the first rounds are of calls that cannot be hedged yet.
    while layer.handle().delay().is_none() {
        hedged.run(&runtime(), 100);
    }
    hedged
}

fn five() -> Contender {
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(FALLBACK))
        .layer(TimeoutLayer::new(TOTAL_LIMIT))
        .layer(retry(rows::Budget::On))
        .layer(breaker(Window::Time))
        .layer(BulkheadLayer::new(PLACES))
        .service_fn(inner::answer);
    contender(service, answered)
}
