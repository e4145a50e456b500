//! The defaults under loads: what README's stack answers, how much it asks of a service that is dead, and how soon it is back.
//!
//! Arrivals are drawn from a seed, and the clock is paused. `cargo test --all-features --test layers workloads -- --nocapture`
//! prints the results that stand in the crate's docs.

#![expect(clippy::cast_precision_loss, reason = "calls are few")]
#![expect(clippy::print_stdout, reason = "the results are to be read")]

mod answered;
#[cfg(feature = "http")]
mod limited;
mod noticed;
mod recovered;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use palisade::{BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Error, Phase, RetryLayer, TimeoutLayer};
use tokio::time::{sleep, sleep_until};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Down, now};

const SEEDS: [u64; 3] = [1, 2, 3];

/// How long a call takes the service, and whether it answers.
type Fate = (Duration, bool);

/// At once for all practical purposes.
const QUICK: Duration = Duration::from_millis(5);

type Boxed = BoxCloneSyncService<u64, (), Error>;

/// A source of numbers that are spread evenly from 0 to 1.
struct Draws(u64);

impl Draws {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// The first two are much alike for seeds that are.
    fn third(mut self) -> f64 {
        self.next();
        self.next();
        self.next()
    }
}

/// A service, and what reached it.
#[derive(Clone, Default)]
struct Seen {
    sent: Arc<AtomicU64>,
    /// Calls among them that it will not answer.
    in_vain: Arc<AtomicU64>,
}

impl Seen {
    fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    fn in_vain(&self) -> u64 {
        self.in_vain.load(Relaxed)
    }

    /// A service that does with each call what `fate` says of the seconds since now, and of a number drawn for the attempt.
    fn service(
        &self,
        seed: u64,
        fate: impl Fn(f64, u64, f64) -> Fate + Clone + Send + Sync + 'static,
    ) -> impl Service<u64, Response = (), Error = Down, Future: Send> + Clone + Send + Sync + 'static {
        let (reached, began) = (self.clone(), now());
        service_fn(move |call: u64| {
            let attempt = reached.sent.fetch_add(1, Relaxed);
            let draw = Draws::new(seed ^ (attempt << 8)).third();
            let (takes, answers) = fate(began.elapsed().as_secs_f64(), call, draw);
            reached.in_vain.fetch_add(u64::from(!answers), Relaxed);
            async move {
                sleep(takes).await;
                if answers { Ok(()) } else { Err(Down(1)) }
            }
        })
    }
}

fn breaker(seed: u64) -> CircuitBreakerLayer {
    CircuitBreakerLayer::builder("service").seed(seed).build().expect("it is legal")
}

/// README's stack without its fallback, so that failures show. Nothing but seeds is set.
fn readme<S>(seed: u64, service: S) -> (Boxed, CircuitHandle)
where
    S: Service<u64, Response = (), Error = Down, Future: Send> + Clone + Send + Sync + 'static,
{
    let breaker = breaker(seed);
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(Duration::from_secs(3)))
        .layer(RetryLayer::builder("service").seed(seed).build().expect("it is legal"))
        .layer(breaker)
        .layer(BulkheadLayer::new(64))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(service);
    (BoxCloneSyncService::new(stack), circuit)
}

/// What became of a load.
struct Played {
    calls: u64,
    answered: u64,
    /// The changes of the circuit's phase as arrivals found them, in seconds.
    phases: Vec<(f64, Phase)>,
}

impl Played {
    /// The share of calls that were answered, in percent.
    fn percent(&self) -> f64 {
        100.0 * self.answered as f64 / self.calls as f64
    }

    /// When the circuit was first seen in this phase after that time, in seconds from then.
    fn until(&self, phase: Phase, after: f64) -> Option<f64> {
        self.phases.iter().find(|(at, seen)| *seen == phase && *at >= after).map(|(at, _)| at - after)
    }
}

/// Calls a service this often a second, at random, for a while. Each caller waits for as long as `patience`.
async fn play<S>(
    rate: f64,
    seconds: f64,
    seed: u64,
    patience: Duration,
    (service, circuit): (S, CircuitHandle),
) -> Played
where
    S: Service<u64, Response = (), Error = Error, Future: Send> + Clone + Send + 'static,
{
    let (began, answered, mut draws) = (now(), Arc::new(AtomicU64::new(0)), Draws::new(seed));
    let (mut at, mut calls, mut phases) = (0.0, 0, vec![(0.0, Phase::Closed)]);
    loop {
        at -= draws.next().ln() / rate;
        if at > seconds {
            break;
        }
        sleep_until(began + Duration::from_secs_f64(at)).await;
        let phase = circuit.phase();
        if phases.last().is_some_and(|(_, last)| *last != phase) {
            phases.push((at, phase));
        }
        let (service, answered) = (service.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let result = tokio::time::timeout(patience, service.oneshot(calls)).await;
            answered.fetch_add(u64::from(matches!(result, Ok(Ok(())))), Relaxed);
        });
        calls += 1;
    }
    // The last calls end.
    sleep(patience.min(Duration::from_secs(60))).await;
    Played { calls, answered: answered.load(Relaxed), phases }
}

/// Longer than any caller here has to wait.
const PATIENT: Duration = Duration::from_secs(60);

/// Plays a load of README's stack, and shows how much reached the service.
async fn play_readme(
    rate: f64,
    seconds: f64,
    seed: u64,
    fate: impl Fn(f64, u64, f64) -> Fate + Clone + Send + Sync + 'static,
) -> (Played, Seen) {
    let service = Seen::default();
    let stack = readme(seed, service.service(seed, fate));
    (play(rate, seconds, seed, PATIENT, stack).await, service)
}

/// Prints a row of the table.
fn row(load: &str, results: &[String]) {
    println!("| {load} | {} |", results.join(", "));
}
