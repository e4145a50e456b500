//! What each path of a call costs: the bare service, ours, and tower's own layer where there is one, in one run.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

mod support;

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{error, fmt};

use criterion::{Criterion, criterion_group, criterion_main};
use palisade::{
    Backoff, BulkheadLayer, Error, FallbackLayer, HedgeLayer, Outcome, RetryBuilder, RetryLayer, TimeoutLayer,
};
use support::{
    Attempts, Down, PLACES, answered, answered_but_last, bare, breakers, budget, calls, five, four_of_tower,
    one_in_hundred, open, rejected, runtime, sharing, throttle, tower_budget,
};
use tokio::task::unconstrained;
use tower::load_shed::error::Overloaded;
use tower::{BoxError, Layer, Service, ServiceBuilder, service_fn};

const LIMIT: Duration = Duration::from_secs(1);
const FAILURE: u64 = u64::MAX;
const FALLBACK: u64 = u64::MAX - 1;

fn row<S, F>(criterion: &mut Criterion, name: &str, mut service: S, intended: F)
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy,
{
    let runtime = runtime();
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|iterations| {
            let start = Instant::now();
            // Else each call is charged for the yields that tokio forces every 128 operations.
            runtime.block_on(unconstrained(calls(&mut service, iterations, intended)));
            start.elapsed()
        });
    });
}

fn breaker(bench: &mut Criterion) {
    row(bench, "bare", bare(), answered);
    for (kind, breaker) in breakers() {
        row(bench, &format!("breaker closed/{kind}"), breaker.layer(bare()), answered);
    }
    for (kind, breaker) in breakers() {
        let name = format!("breaker closed, 1 in 100 failing/{kind}");
        row(bench, &name, breaker.layer(one_in_hundred()), answered_but_last);
    }
    row(bench, "breaker open", open(), rejected);
    row(bench, "throttle", throttle().layer(bare()), answered);
    row(bench, "throttle, 1 in 100 failing", throttle().layer(one_in_hundred()), answered_but_last);
}

fn bulkhead(bench: &mut Criterion) {
    let of_tower = |places| ServiceBuilder::new().load_shed().concurrency_limit(places).service(bare());
    let overloaded = |_, result: &Result<u64, BoxError>| matches!(result, Err(error) if error.is::<Overloaded>());
    row(bench, "bulkhead, room/ours", BulkheadLayer::new(PLACES).layer(bare()), answered);
    row(bench, "bulkhead, room/tower", of_tower(PLACES), answered);
    row(bench, "bulkhead, full/ours", BulkheadLayer::new(0).layer(bare()), rejected);
    row(bench, "bulkhead, full/tower", of_tower(0), overloaded);
}

fn timeout(bench: &mut Criterion) {
    let of_tower = || ServiceBuilder::new().timeout(LIMIT);
    row(bench, "timeout, ready/ours", TimeoutLayer::new(LIMIT).layer(bare()), answered);
    row(bench, "timeout, ready/tower", of_tower().service(bare()), answered);
    row(bench, "timeout, pending once/bare", service_fn(pending_once), answered);
    row(bench, "timeout, pending once/ours", TimeoutLayer::new(LIMIT).layer(service_fn(pending_once)), answered);
    row(bench, "timeout, pending once/tower", of_tower().service_fn(pending_once), answered);
}

fn ours() -> RetryBuilder {
    RetryLayer::builder("retry").backoff(Backoff::none()).budget(budget())
}

fn built<P>(builder: RetryBuilder<P>) -> RetryLayer<P> {
    builder.build().expect("legal")
}

fn retry(bench: &mut Criterion) {
    let of_tower = || ServiceBuilder::new().retry(Attempts::within(Some(tower_budget())));
    let without_budget = || ServiceBuilder::new().retry(Attempts::within(None));
    row(bench, "retry not needed/ours", built(ours()).layer(bare()), answered);
    row(bench, "retry not needed/tower", of_tower().service(bare()), answered);
    row(bench, "retry not needed, no budget/ours", built(ours().without_budget()).layer(bare()), answered);
    row(bench, "retry not needed, no budget/tower", without_budget().service(bare()), answered);
    row(bench, "retry, one failure/ours", built(ours()).layer(service_fn(flaky)), answered);
    row(bench, "retry, one failure/tower", of_tower().service_fn(flaky), answered);
    row(bench, "retry, one failure, no budget/ours", built(ours().without_budget()).layer(service_fn(flaky)), answered);
    row(bench, "retry, one failure, no budget/tower", without_budget().service_fn(flaky), answered);
    row(
        bench,
        "retry, one response that fails/ours",
        built(ours().classify(fails_by_response)).layer(service_fn(flaky_response)),
        answered,
    );
    row(bench, "retry, one sized error/ours", built(ours()).layer(service_fn(flaky_sized)), answered);
    row(bench, "retry, one sized error/tower", of_tower().service_fn(flaky_sized), answered);
}

fn hedge(bench: &mut Criterion) {
    let hedge = || HedgeLayer::builder("hedge").after(LIMIT).build().expect("legal");
    row(bench, "hedge not taken", hedge().layer(bare()), answered);
    row(bench, "hedge not taken, pending once", hedge().layer(service_fn(pending_once)), answered);
    let quantile = HedgeLayer::builder("hedge").build().expect("legal");
    row(bench, "hedge by a quantile, not taken", quantile.layer(bare()), answered);
}

fn fails_by_response(result: Result<&u64, &Error>) -> Outcome {
    match result {
        Ok(&FAILURE) | Err(_) => Outcome::Transient,
        Ok(_) => Outcome::Success,
    }
}

fn fallback(bench: &mut Criterion) {
    let taken = |_, result: &Result<u64, Error>| matches!(result, Ok(FALLBACK));
    let down = service_fn(|_| ready(Err::<u64, _>(Down)));
    row(bench, "fallback not taken", FallbackLayer::value(FALLBACK).layer(bare()), answered);
    row(bench, "fallback taken", FallbackLayer::value(FALLBACK).layer(down), taken);
}

fn coalesce(bench: &mut Criterion) {
    row(bench, "coalesce without company", sharing().layer(bare()), answered);
}

#[cfg(feature = "moka")]
fn cache(bench: &mut Criterion) {
    row(bench, "cache, hit", support::cached(), answered);
}

#[cfg(not(feature = "moka"))]
fn cache(_: &mut Criterion) {}

/// A layer that is off may cost a nanosecond more than one that only makes the error ours, as all layers must.
#[cfg(feature = "chaos")]
fn chaos(bench: &mut Criterion) {
    let layer = palisade::ChaosLayer::builder("bench").fail(1.0, |_| Down).build().expect("legal");
    row(bench, "chaos off/bare", bare(), answered);
    row(bench, "chaos off/its error alone", ServiceBuilder::new().map_err(Error::from).service(bare()), answered);
    row(bench, "chaos off/ours", layer.layer(bare()), answered);
}

#[cfg(not(feature = "chaos"))]
fn chaos(_: &mut Criterion) {}

fn stack(bench: &mut Criterion) {
    row(bench, "five layers/ours", five(), answered);
    row(bench, "five layers/tower (four)", four_of_tower(), answered);
}

thread_local! {
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this attempt fails: the first of each call does, and the second does not.
fn fails() -> bool {
    let fails = !FAILED.get();
    FAILED.set(fails);
    fails
}

fn flaky(n: u64) -> Ready<Result<u64, Down>> {
    ready(if fails() { Err(Down) } else { Ok(n) })
}

fn flaky_sized(n: u64) -> Ready<Result<u64, Broken>> {
    ready(if fails() { Err(Broken([n; 4])) } else { Ok(n) })
}

fn flaky_response(n: u64) -> Ready<Result<u64, Infallible>> {
    ready(Ok(if fails() { FAILURE } else { n }))
}

/// An error with something in it.
#[derive(Debug)]
struct Broken([u64; 4]);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "broken: {:?}", self.0)
    }
}

impl error::Error for Broken {}

/// Answers when polled again, and sees to it that it is.
fn pending_once(n: u64) -> PendingOnce {
    PendingOnce { n, polled: false }
}

struct PendingOnce {
    n: u64,
    polled: bool,
}

impl Future for PendingOnce {
    type Output = Result<u64, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polled {
            return Poll::Ready(Ok(self.n));
        }
        self.polled = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

criterion_group!(benches, breaker, bulkhead, timeout, retry, hedge, fallback, coalesce, cache, chaos, stack);
criterion_main!(benches);
