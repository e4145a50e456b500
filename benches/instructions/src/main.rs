//! Makes calls along one path, for `benches/instructions.sh` to count their instructions.
//!
//! ```text
//! palisade-instructions            prints the names of the paths
//! palisade-instructions path n     makes n calls along one
//! ```

#[path = "../../support/http.rs"]
mod http_calls;
#[path = "../../support/mod.rs"]
#[expect(dead_code, reason = "it uses a part of it")]
mod support;

use std::cell::Cell;
use std::convert::Infallible;
use std::env;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::Body;
use http_body_util::Full;
use http_calls::{Ask, Asked, echo, endless};
use palisade::event::{Kind, Source};
use palisade::http::{Http, HttpClassifier, Idempotent, ReplayBody, Resend};
use palisade::retry::Rules;
use palisade::{
    Adaptive, Backoff, BulkheadLayer, CircuitBreakerLayer, Criticality, CriticalityLayer, Error, FallbackLayer,
    HedgeBuilder, HedgeLayer, MeasureBuilder, MeasureLayer, Name, Objective, Policy, Rate, RateLimitLayer, Replicas,
    RetryLayer, TimeoutLayer,
};
use support::{
    Down, Inner, PLACES, answered, answered_but_last, bare, breakers, budget, cached, calls, five, one_in_hundred,
    open, rejected, runtime, sharing, throttle,
};
use tokio::task::{unconstrained, yield_now};
use tower::{BoxError, Layer, Service, ServiceBuilder, service_fn};

const LIMIT: Duration = Duration::from_secs(1);
const FALLBACK: u64 = u64::MAX;

type Path = (&'static str, fn(u64));

const PATHS: &[Path] = &[
    ("bare", |n| run(n, bare(), answered)),
    ("breaker-consecutive", |n| run(n, breaker(0).layer(bare()), answered)),
    ("breaker-count-window", |n| run(n, breaker(1).layer(bare()), answered)),
    ("breaker-time-window", |n| run(n, breaker(2).layer(bare()), answered)),
    ("breaker-time-window-1-in-100-failing", |n| run(n, breaker(2).layer(one_in_hundred()), answered_but_last)),
    ("breaker-open", |n| run(n, open(), rejected)),
    ("throttle", |n| run(n, throttle().layer(bare()), answered)),
    ("throttle-1-in-100-failing", |n| run(n, throttle().layer(one_in_hundred()), answered_but_last)),
    ("bulkhead-room", |n| run(n, BulkheadLayer::new(PLACES).layer(bare()), answered)),
    ("bulkhead-full", |n| run(n, BulkheadLayer::new(0).layer(bare()), rejected)),
    ("bulkhead-shares", |n| {
        let layer = BulkheadLayer::builder(PLACES).share(Criticality::Sheddable, 0.5).build().expect("legal");
        run(n, layer.layer(bare()), answered);
    }),
    ("criticality", |n| run(n, CriticalityLayer::by(|_: &u64| Criticality::Sheddable).layer(bare()), answered)),
    ("rejection-unheard", reject),
    ("rate-limit", |n| run(n, RateLimitLayer::per_second(1_000_000_000).layer(bare()), answered)),
    ("rate-limit-rejected", |n| run(n, drained(), rejected)),
    ("adaptive-room", |n| run(n, adaptive(bare()), answered)),
    ("adaptive-one-failing", |n| run(n, adaptive(one_in_hundred()), answered_but_last)),
    ("per-key", |n| {
        let layer = BulkheadLayer::builder(PLACES).per_key(|key: &u64| *key % 16).build().expect("legal");
        run(n, layer.layer(bare()), answered);
    }),
    ("timeout-ready", |n| run(n, TimeoutLayer::new(LIMIT).layer(bare()), answered)),
    ("pending-once-bare", |n| run(n, service_fn(pending_once), answered)),
    ("timeout-pending-once", |n| run(n, TimeoutLayer::new(LIMIT).layer(service_fn(pending_once)), answered)),
    ("retry-not-needed", |n| run(n, retry().layer(bare()), answered)),
    ("retry-one-failure", |n| run(n, retry().layer(flaky()), answered)),
    ("hedge-not-taken", |n| run(n, hedge().build().expect("legal").layer(bare()), answered)),
    ("hedge-pending-once", |n| run(n, hedge().build().expect("legal").layer(service_fn(pending_once)), answered)),
    ("hedge-quantile", |n| run(n, hedge().after_quantile(0.95).build().expect("legal").layer(bare()), answered)),
    ("fallback-not-taken", |n| run(n, FallbackLayer::value(FALLBACK).layer(bare()), answered)),
    ("fallback-taken", |n| run(n, FallbackLayer::value(FALLBACK).layer(down()), fell_back)),
    ("measure", |n| run(n, measure().build().expect("legal").layer(bare()), answered)),
    ("measure-objective", |n| {
        let objective = Objective::builder("measure").availability(0.999).latency(0.99, LIMIT);
        let objective = objective.build().expect("legal");
        run(n, measure().objective(&objective).build().expect("legal").layer(bare()), answered);
    }),
    ("measure-exemplar", |n| {
        let layer = measure().exemplar(|key: &u64| Some(u128::from(*key))).build().expect("legal");
        run(n, layer.layer(bare()), answered);
    }),
    ("replicas-3", |n| run(n, replicas(3, Policy::LeastLoaded), answered)),
    ("replicas-3-round-robin", |n| run(n, replicas(3, Policy::RoundRobin), answered)),
    ("replicas-3-fail-over", |n| run(n, replicas(3, Policy::FailOver), answered)),
    ("replicas-1000", |n| run(n, replicas(1_000, Policy::LeastLoaded), answered)),
    ("coalesce", |n| run(n, sharing().layer(bare()), answered)),
    ("chaos-off", |n| {
        let layer = palisade::ChaosLayer::builder("bench").fail(1.0, |_| "down").build().expect("legal");
        run(n, layer.layer(bare()), answered);
    }),
    ("cache-hit", |n| run(n, cached(), answered)),
    ("five-layers", |n| run(n, five(), answered)),
    ("http-bare", |n| run_http(n, service_fn(echo), Ask::FIVE)),
    ("http-bare-no-body", |n| run_http(n, service_fn(echo), Ask::NOTHING)),
    ("http-timeout", |n| run_http(n, TimeoutLayer::http(LIMIT).layer(service_fn(echo)), Ask::FIVE)),
    ("http-timeout-no-body", |n| run_http(n, TimeoutLayer::http(LIMIT).layer(service_fn(echo)), Ask::NOTHING)),
    ("http-breaker", |n| run_http(n, http_breaker().layer(service_fn(echo)), Ask::FIVE)),
    ("http-breaker-no-body", |n| run_http(n, http_breaker().layer(service_fn(echo)), Ask::NOTHING)),
    ("http-bulkhead", |n| run_http(n, http_bulkhead().layer(service_fn(echo)), Ask::FIVE)),
    ("http-bulkhead-no-body", |n| run_http(n, http_bulkhead().layer(service_fn(echo)), Ask::NOTHING)),
    ("http-measure", |n| run_http(n, http_measure().layer(service_fn(echo)), Ask::FIVE)),
    ("http-retry", |n| run_http(n, http_retry().layer(service_fn(echo)), Ask::FIVE)),
    ("http-retry-no-body", |n| run_http(n, http_retry().layer(service_fn(echo)), Ask::NOTHING)),
    ("http-five-layers", |n| run_http(n, http_five(), Ask::FIVE)),
    ("http-five-layers-no-body", |n| run_http(n, http_five(), Ask::NOTHING)),
    ("http-frame-bare", |n| run_frames(n, service_fn(endless))),
    ("http-frame-timeout", |n| run_frames(n, TimeoutLayer::http(Duration::MAX).layer(service_fn(endless)))),
    ("http-frame-breaker", |n| run_frames(n, http_breaker().layer(service_fn(endless)))),
    ("http-frame-bulkhead", |n| run_frames(n, http_bulkhead().layer(service_fn(endless)))),
];

fn main() {
    let mut words = env::args().skip(1);
    let Some(name) = words.next() else {
        for (name, _) in PATHS {
            println!("{name}");
        }
        return;
    };
    let (_, path) = PATHS.iter().find(|path| path.0 == name).expect("the name of a path");
    let calls = words.next().and_then(|calls| calls.parse().ok());
    path(calls.expect("a number of calls"));
}

/// Never inlined, so that the code of one path does not depend on that of the others.
#[inline(never)]
fn run<S, F>(count: u64, mut service: S, intended: F)
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool,
{
    runtime().block_on(unconstrained(calls(&mut service, count, intended)));
}

#[inline(never)]
fn run_http<S, B>(count: u64, mut service: S, ask: Ask)
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    runtime().block_on(unconstrained(http_calls::calls(&mut service, ask, count)));
}

#[inline(never)]
fn run_frames<S, B>(count: u64, mut service: S)
where
    S: Service<Asked, Response = Response<B>, Error: Debug>,
    B: Body<Data = Bytes, Error: Debug>,
{
    runtime().block_on(unconstrained(http_calls::frames(&mut service, count)));
}

/// Rejects calls of a limit of its own, while nobody hears of it.
#[inline(never)]
fn reject(count: u64) {
    let source = Source::new(Kind::Custom, Name::new("own").expect("legal"));
    (0..count).for_each(|_| drop(black_box(black_box(source).reject(None))));
}

/// Its limit stays.
fn adaptive<S: Service<u64, Response = u64, Error: Into<BoxError> + 'static>>(
    service: S,
) -> impl Service<u64, Response = u64, Error = Error> {
    let adaptive = Adaptive::gradient().min(PLACES).max(PLACES);
    BulkheadLayer::builder(PLACES).adaptive(adaptive).build().expect("legal").layer(service)
}

fn http_breaker() -> CircuitBreakerLayer<Http> {
    CircuitBreakerLayer::http("http").build().expect("legal")
}

fn http_bulkhead() -> BulkheadLayer<Http> {
    BulkheadLayer::http(PLACES).build().expect("legal")
}

/// So many replicas that are all well.
fn replicas(number: u32, policy: Policy) -> Replicas<Inner<Infallible>> {
    let builder =
        (0..number).fold(Replicas::builder("replicas"), |builder, number| builder.add(number.to_string(), bare()));
    builder.policy(policy).build().expect("legal")
}

fn measure() -> MeasureBuilder {
    MeasureLayer::builder("measure")
}

fn http_measure() -> MeasureLayer<Http> {
    MeasureLayer::http("measure").build().expect("legal")
}

fn http_retry() -> RetryLayer<Rules<HttpClassifier, Resend<ReplayBody<Full<Bytes>>>, Idempotent>> {
    RetryLayer::http("http").build().expect("legal")
}

fn http_five() -> impl Service<Asked, Response = Response<impl Body<Data = Bytes, Error = Error>>, Error = Error> {
    ServiceBuilder::new()
        .layer(TimeoutLayer::http(LIMIT))
        .layer(http_retry())
        .layer(http_breaker())
        .layer(http_bulkhead())
        .layer(TimeoutLayer::http(LIMIT))
        .service_fn(echo)
}

/// Passes a call an hour.
fn drained() -> impl Service<u64, Response = u64, Error = Error> {
    let rate = Rate::per(Duration::from_secs(60 * 60), 1);
    let layer = RateLimitLayer::builder("rate", rate).build().expect("legal");
    layer.handle().drain();
    layer.layer(bare())
}

fn breaker(kind: usize) -> CircuitBreakerLayer {
    breakers()[kind].1.clone()
}

fn retry() -> RetryLayer {
    RetryLayer::builder("retry").backoff(Backoff::none()).budget(budget()).build().expect("legal")
}

fn hedge() -> HedgeBuilder {
    HedgeLayer::builder("hedge").after(LIMIT)
}

fn down() -> Inner<Down> {
    service_fn(|_| ready(Err(Down)))
}

fn fell_back(_: u64, result: &Result<u64, Error>) -> bool {
    matches!(result, Ok(FALLBACK))
}

/// Fails the first attempt of each call and answers the second.
fn flaky() -> Inner<Down> {
    thread_local!(static FAILED: Cell<bool> = const { Cell::new(false) });
    let attempt = |n| -> Ready<Result<u64, Down>> {
        let fails = !FAILED.replace(false);
        FAILED.set(fails);
        ready(if fails { Err(Down) } else { Ok(n) })
    };
    service_fn(attempt)
}

async fn pending_once(n: u64) -> Result<u64, Infallible> {
    yield_now().await;
    Ok(n)
}
