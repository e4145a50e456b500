//! Times the contenders of one row, in turn and in short rounds, so that noise meets all of them alike.

#![expect(clippy::disallowed_methods, reason = "a bench times by the clock of the machine")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tokio::runtime::{self, Runtime};
use tokio::task::unconstrained;
use tower::{Service, ServiceExt};

use crate::allocations;
use crate::inner::LAST;

/// Short, so that on a busy machine too some rounds are not interrupted.
const ROUND: Duration = Duration::from_millis(1);

/// Somebody who can be timed.
pub type Contender = Box<dyn Racer>;

/// A service, of whatever type, with the loop that calls it.
pub trait Racer: Send {
    /// Times calls, one after another, and sees to it that each ends as intended.
    fn run(&mut self, runtime: &Runtime, calls: u32) -> Duration;

    /// One more, on the same state.
    fn twin(&self) -> Contender;
}

/// Makes a contender of a service, and of what says whether a call ended as intended.
pub fn contender<S, F>(service: S, intended: F) -> Contender
where
    S: Service<u64, Response = u64> + Clone + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    Box::new(Loop { service, intended })
}

/// As [`contender`], of a service that is not `Clone`, so that no two threads can call it.
pub fn single<S, F>(service: S, intended: F) -> Contender
where
    S: Service<u64, Response = u64> + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    Box::new(Single(Loop { service, intended }))
}

/// The call was answered by the service.
pub fn answered<E>(n: u64, result: &Result<u64, E>) -> bool {
    matches!(result, Ok(answer) if *answer == n)
}

/// The call was answered, or failed if it was the one that does.
pub fn answered_but_last<E>(n: u64, result: &Result<u64, E>) -> bool {
    if n == LAST { result.is_err() } else { answered(n, result) }
}

#[derive(Clone)]
struct Loop<S, F> {
    service: S,
    intended: F,
}

impl<S, F> Loop<S, F>
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy,
{
    fn time(&mut self, runtime: &Runtime, calls: u32) -> Duration {
        // Else each call is charged for the yields that tokio forces every 128 operations.
        runtime.block_on(unconstrained(time(&mut self.service, calls, self.intended)))
    }
}

impl<S, F> Racer for Loop<S, F>
where
    S: Service<u64, Response = u64> + Clone + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    fn run(&mut self, runtime: &Runtime, calls: u32) -> Duration {
        self.time(runtime, calls)
    }

    fn twin(&self) -> Contender {
        Box::new(self.clone())
    }
}

struct Single<S, F>(Loop<S, F>);

impl<S, F> Racer for Single<S, F>
where
    S: Service<u64, Response = u64> + Send + 'static,
    F: Fn(u64, &Result<u64, S::Error>) -> bool + Copy + Send + 'static,
{
    fn run(&mut self, runtime: &Runtime, calls: u32) -> Duration {
        self.0.time(runtime, calls)
    }

    fn twin(&self) -> Contender {
        unreachable!("no row asks what two threads get done with it")
    }
}

async fn time<S, F>(service: &mut S, calls: u32, intended: F) -> Duration
where
    S: Service<u64, Response = u64>,
    F: Fn(u64, &Result<u64, S::Error>) -> bool,
{
    let start = Instant::now();
    let mut n = 0;
    for _ in 0..calls {
        let result = match service.ready().await {
            Ok(service) => service.call(black_box(n)).await,
            Err(error) => Err(error),
        };
        assert!(intended(n, black_box(&result)), "a call ended otherwise than intended");
        n = if n == LAST { 0 } else { n + 1 };
    }
    start.elapsed()
}

/// A runtime of one thread, with timers.
pub fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_time().build().expect("a thread may have a runtime")
}

/// A contender with the number of calls that take it about one round.
pub struct Paced {
    pub racer: Contender,
    pub calls: u32,
}

impl Paced {
    pub fn new(mut racer: Contender, runtime: &Runtime) -> Self {
        let mut calls = 4;
        loop {
            let took = racer.run(runtime, calls);
            if took * 4 > ROUND {
                let calls = ROUND.as_nanos() * u128::from(calls) / took.as_nanos();
                return Self { racer, calls: u32::try_from(calls).map_or(u32::MAX, |calls| calls.max(4)) };
            }
            calls *= 2;
        }
    }

    /// Nanoseconds a call, over one round.
    fn nanos(&mut self, runtime: &Runtime) -> f64 {
        self.racer.run(runtime, self.calls).as_secs_f64() * 1e9 / f64::from(self.calls)
    }

    /// Allocations a call, to a tenth: what comes once in a while rounds to nothing.
    pub fn allocations(&mut self, runtime: &Runtime) -> f64 {
        let calls = self.calls.min(1000);
        let before = allocations::so_far();
        self.racer.run(runtime, calls);
        let taken = allocations::so_far() - before;
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        let each = taken as f64 / f64::from(calls);
        (each * 10.0).round() / 10.0
    }
}

/// Nanoseconds a call of each contender: the best of its rounds.
pub fn nanos(contenders: &mut [Paced], runtime: &Runtime, rounds: usize) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; contenders.len()];
    for _ in 0..rounds {
        for (best, contender) in best.iter_mut().zip(&mut *contenders) {
            *best = best.min(contender.nanos(runtime));
        }
    }
    best
}
