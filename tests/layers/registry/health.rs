//! What is counted of checks and of nodes.

use palisade::health::{Degraded, Verdict};
use tokio::time::sleep;

use super::*;

/// The values of a metric of this name, by their words.
fn by_word<const N: usize>(registry: &Registry, metric: &str, words: [&str; N]) -> [Option<f64>; N] {
    words.map(|word| value(registry, metric, "seen", &[word]))
}

/// The values of three metrics without labels of their own.
fn seen(registry: &Registry, metrics: [&str; 3]) -> [Option<f64>; 3] {
    metrics.map(|metric| value(registry, &format!("palisade_health_{metric}"), "seen", &[]))
}

const LEVELS: [&str; 3] = ["healthy", "degraded", "unhealthy"];

#[tokio::test(start_paused = true)]
async fn a_check_counts_its_results_and_the_changes_of_its_verdict() {
    let (registry, mut results) = (Registry::new(), 0_u32);
    let check = HealthCheck::builder("seen", move || {
        results += 1;
        ready(match results {
            1..=3 => Ok(Verdict::Healthy),
            4..=5 => Ok(Degraded("slow").into()),
            _ => Err(Down(1)),
        })
    });
    let check = check.interval(SECOND).jitter(0.0).unhealthy_threshold(2).registry(&registry).build().unwrap();
    let gauge = || by_word(&registry, "palisade_health_checks", LEVELS);
    assert_eq!(gauge(), [Some(1.0), Some(0.0), Some(0.0)]);
    tokio::spawn(check.run());
    for (second, levels) in [(3, [1.0, 0.0, 0.0]), (5, [0.0, 1.0, 0.0]), (7, [0.0, 0.0, 1.0])] {
        while results_of(&registry) < f64::from(second) {
            sleep(SECOND / 10).await;
        }
        assert_eq!(gauge(), levels.map(Some), "after {second}");
    }
    assert_eq!(by_word(&registry, "palisade_health_results_total", LEVELS), [Some(3.0), Some(2.0), Some(2.0)]);
    assert_eq!(by_word(&registry, "palisade_health_changes_total", LEVELS), [Some(0.0), Some(1.0), Some(1.0)]);
}

/// How many results there were.
fn results_of(registry: &Registry) -> f64 {
    by_word(registry, "palisade_health_results_total", LEVELS).into_iter().flatten().sum()
}

#[tokio::test(start_paused = true)]
async fn a_service_counts_how_often_it_began_to_drain() {
    let registry = Registry::new();
    let health = Health::builder().name(name("seen")).registry(&registry).build().unwrap();
    let counted = || seen(&registry, ["ready", "draining", "drains_total"]);
    assert_eq!(counted(), [1.0, 0.0, 0.0].map(Some));
    health.drain();
    health.drain();
    assert_eq!(counted(), [0.0, 1.0, 1.0].map(Some));
    health.undrain();
    assert_eq!(counted(), [1.0, 0.0, 1.0].map(Some));
}

#[tokio::test(start_paused = true)]
async fn a_check_that_nobody_runs_is_counted_as_unhealthy() {
    let registry = Registry::new();
    let check = HealthCheck::builder("seen", || ready(Ok::<_, Down>(()))).registry(&registry).build().unwrap();
    advance(3_600 * SECOND).await;
    assert_eq!(by_word(&registry, "palisade_health_checks", LEVELS), [Some(0.0), Some(0.0), Some(1.0)]);
    assert_eq!(by_word(&registry, "palisade_health_changes_total", LEVELS), [Some(0.0); 3], "no result has come");
    drop(check);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_count_nodes_and_each_suspicion_once() {
    let registry = Registry::new();
    let heartbeats = Heartbeats::builder().name(name("seen")).registry(&registry).build().unwrap();
    let counted = || seen(&registry, ["nodes", "suspected_nodes", "suspicions_total"]);
    assert_eq!(counted(), [0.0; 3].map(Some));
    for _ in 0..2 {
        assert!(heartbeats.beat("a") && heartbeats.beat("b"));
        advance(SECOND).await;
    }
    assert_eq!(counted(), [2.0, 0.0, 0.0].map(Some));
    for _ in 0..20 {
        heartbeats.beat("b");
        advance(SECOND).await;
    }
    assert_eq!([counted(), counted()], [[2.0, 1.0, 1.0].map(Some); 2]);
    assert!(heartbeats.is_suspected("a") && heartbeats.beat("a"));
    assert_eq!(counted(), [2.0, 0.0, 1.0].map(Some));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_runs_a_check_does_not_keep_it_listed() {
    let registry = Registry::new();
    let check = HealthCheck::builder("seen", || ready(Ok::<_, Down>(()))).registry(&registry).build().unwrap();
    let task = tokio::spawn(check.run());
    sleep(SECOND).await;
    assert_eq!(registry.instances().len(), 1);
    drop(check);
    assert_eq!(registry.instances(), []);
    task.await.unwrap();
}
