//! What each layer costs a call that needs it for nothing: each against the bare service, in one run.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use palisade::{BulkheadLayer, CircuitBreakerLayer, Error, FallbackLayer, RetryLayer, TimeoutLayer, fallback};
use tokio::{runtime, task::unconstrained};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

type Bare = tower::util::ServiceFn<fn(u64) -> Ready<Result<u64, Infallible>>>;

fn bare() -> Bare {
    service_fn(|n| ready(Ok(n)))
}

/// Times `calls` calls, one after another, and sees to it that each ends as intended.
async fn time<S>(mut service: S, calls: u64, intended: fn(&Result<u64, S::Error>) -> bool) -> Duration
where
    S: Service<u64, Response = u64>,
{
    let start = Instant::now();
    for n in 0..calls {
        let result = match service.ready().await {
            Ok(service) => service.call(black_box(n)).await,
            Err(error) => Err(error),
        };
        assert!(intended(black_box(&result)));
    }
    start.elapsed()
}

fn row<S>(criterion: &mut Criterion, name: &str, service: &S, intended: fn(&Result<u64, S::Error>) -> bool)
where
    S: Service<u64, Response = u64> + Clone,
{
    let runtime = runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|calls| runtime.block_on(unconstrained(time(service.clone(), calls, intended))));
    });
}

fn overhead(criterion: &mut Criterion) {
    let bench = criterion;
    row(bench, "bare", &bare(), Result::is_ok);

    let breaker = CircuitBreakerLayer::consecutive(5);
    row(bench, "breaker/consecutive", &breaker.layer(bare()), Result::is_ok);
    let breaker = CircuitBreakerLayer::builder("count").count_window(100).build().expect("legal");
    row(bench, "breaker/count window", &breaker.layer(bare()), Result::is_ok);
    let breaker = CircuitBreakerLayer::builder("time").build().expect("legal");
    row(bench, "breaker/time window", &breaker.layer(bare()), Result::is_ok);
    breaker.handle().force_open();
    let rejected: fn(&Result<u64, Error>) -> bool = |result| matches!(result, Err(Error::Rejected(_)));
    row(bench, "breaker/forced open", &breaker.layer(bare()), rejected);

    row(bench, "bulkhead/room", &BulkheadLayer::new(64).layer(bare()), Result::is_ok);
    row(bench, "bulkhead/full", &BulkheadLayer::new(0).layer(bare()), rejected);
    row(bench, "timeout", &TimeoutLayer::new(Duration::from_secs(1)).layer(bare()), Result::is_ok);
    let retry = RetryLayer::builder("retry").build().expect("legal");
    row(bench, "retry", &retry.layer(bare()), Result::is_ok);
    row(bench, "fallback", &FallbackLayer::new(fallback::value(1)).layer(bare()), Result::is_ok);

    let breaker = CircuitBreakerLayer::builder("five").build().expect("legal");
    let five = ServiceBuilder::new()
        .layer(FallbackLayer::new(fallback::value(1)))
        .layer(TimeoutLayer::new(Duration::from_secs(3)))
        .layer(retry)
        .layer(breaker)
        .layer(BulkheadLayer::new(64))
        .service(bare());
    row(bench, "five layers", &five, Result::is_ok);
}

criterion_group!(benches, overhead);
criterion_main!(benches);
