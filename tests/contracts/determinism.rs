//! With a seed and a paused clock, every run is the same.

use crate::support::now;
use std::time::Duration;

use palisade::{Backoff, CircuitBreakerLayer, Jitter, RetryLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::Down;

const CAP: Duration = Duration::from_secs(20);

/// How long each of 50 retries of one layer waited.
async fn delays(seed: u64, jitter: Jitter) -> Vec<Duration> {
    let backoff = Backoff::exponential(Duration::from_millis(50), CAP).jitter(jitter);
    let layer =
        RetryLayer::builder("retry").max_attempts(11).without_budget().backoff(backoff).seed(seed).build().unwrap();
    let mut delays = Vec::new();
    for _ in 0..5 {
        let start = now();
        layer.layer(service_fn(|()| async { Err::<(), _>(Down(1)) })).oneshot(()).await.ok();
        delays.push(now() - start);
    }
    delays
}

/// How long a circuit was open each of 10 times.
fn open_times(seed: u64) -> Vec<Option<Duration>> {
    let layer = CircuitBreakerLayer::builder("circuit").consecutive(1).seed(seed).build().unwrap();
    let circuit = layer.handle();
    (0..10)
        .map(|_| {
            circuit.reset();
            circuit.try_enter().unwrap().failure();
            circuit.snapshot().retry_after
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_delays() {
    for jitter in [Jitter::Equal, Jitter::Full] {
        for seed in [0, 1, 42, u64::MAX] {
            assert_eq!(delays(seed, jitter).await, delays(seed, jitter).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_seed_gives_other_delays() {
    assert_ne!(delays(1, Jitter::Full).await, delays(2, Jitter::Full).await);
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_layer_draw_each_their_own_delay() {
    let mut delays = delays(1, Jitter::Full).await;
    delays.sort();
    delays.dedup();
    assert_eq!(delays.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_open_times() {
    for seed in [0, 1, 42, u64::MAX] {
        assert_eq!(open_times(seed), open_times(seed));
    }
}

#[tokio::test(start_paused = true)]
async fn another_seed_gives_other_open_times() {
    assert_ne!(open_times(1), open_times(2));
}
