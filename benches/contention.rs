//! What a call costs where many share one state: times are for a call of all threads or tasks together, so that half of the
//! time of one thread is twice its throughput.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

mod support;

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use palisade::BulkheadLayer;
use support::{
    PLACES, answered, answered_but_last, bare, breakers, calls, five, four_of_tower, one_in_hundred, open, rejected,
    runtime, sharing, throttle,
};
use tokio::runtime;
use tokio::task::{JoinSet, unconstrained, yield_now};
use tower::{Layer, Service, ServiceBuilder};

const TASKS: u64 = 64;
/// The calls that a task makes before it lets others run.
const TURN: u64 = 32;

fn rows<S, F>(criterion: &mut Criterion, name: &str, service: &S, intended: F)
where
    S: Service<u64, Response = u64, Error: Send, Future: Send> + Clone + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    let mut group = criterion.benchmark_group(name);
    for threads in [1, 2] {
        let name = if threads == 1 { "1 thread" } else { "2 threads" };
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| on_threads(service, threads, iterations, intended));
        });
    }
    group.bench_function("64 tasks on 2 workers", |bencher| {
        bencher.iter_custom(|iterations| in_tasks(service, iterations, intended));
    });
    group.finish();
}

fn on_threads<S, F>(service: &S, threads: u32, iterations: u64, intended: F) -> Duration
where
    S: Service<u64, Response = u64> + Clone + Send,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send,
{
    let each = iterations.div_ceil(threads.into());
    let start = &Barrier::new(threads as usize);
    let spans: Vec<_> = thread::scope(|scope| {
        let run = |mut service: S| {
            scope.spawn(move || {
                let runtime = runtime();
                start.wait();
                let began = Instant::now();
                runtime.block_on(unconstrained(calls(&mut service, each, intended)));
                (began, Instant::now())
            })
        };
        let running: Vec<_> = (0..threads).map(|_| run(service.clone())).collect();
        running.into_iter().map(|thread| thread.join().expect("the calls end as intended")).collect()
    });
    let began = spans.iter().map(|span| span.0).min().expect("there are threads");
    let ended = spans.iter().map(|span| span.1).max().expect("there are threads");
    ended - began
}

fn in_tasks<S, F>(service: &S, iterations: u64, intended: F) -> Duration
where
    S: Service<u64, Response = u64, Error: Send, Future: Send> + Clone + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    let turns = iterations.div_ceil(TASKS * TURN);
    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("a process may have a runtime").block_on(async {
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let mut service = service.clone();
            tasks.spawn(unconstrained(async move {
                for _ in 0..turns {
                    calls(&mut service, TURN, intended).await;
                    yield_now().await;
                }
            }));
        }
        tasks.join_all().await;
        // Criterion divides by the iterations, and there were some more.
        start.elapsed().mul_f64(ratio(iterations, turns * TASKS * TURN))
    })
}

#[expect(clippy::cast_precision_loss, reason = "there are not so many")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn contention(bench: &mut Criterion) {
    rows(bench, "bare", &bare(), answered);
    for (kind, breaker) in breakers() {
        rows(bench, &format!("breaker closed, {kind}"), &breaker.layer(bare()), answered);
    }
    for (kind, breaker) in breakers() {
        let name = format!("breaker closed, {kind}, 1 in 100 failing");
        rows(bench, &name, &breaker.layer(one_in_hundred()), answered_but_last);
    }
    rows(bench, "breaker open", &open(), rejected);
    rows(bench, "throttle", &throttle().layer(bare()), answered);
    rows(bench, "throttle, 1 in 100 failing", &throttle().layer(one_in_hundred()), answered_but_last);
    rows(bench, "bulkhead, room, ours", &BulkheadLayer::new(PLACES).layer(bare()), answered);
    let of_tower = ServiceBuilder::new().load_shed().concurrency_limit(PLACES).service(bare());
    rows(bench, "bulkhead, room, tower", &of_tower, answered);
    rows(bench, "coalesce without company", &sharing().layer(bare()), answered);
    #[cfg(feature = "moka")]
    rows(bench, "cache, hit", &support::cached(), answered);
    rows(bench, "five layers, ours", &five(), answered);
    rows(bench, "five layers, tower (four)", &four_of_tower(), answered);
}

criterion_group!(benches, contention);
criterion_main!(benches);
