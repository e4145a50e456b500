//! Claims about gates, and about the retries that heed them.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use palisade::{Backoff, RetryLayer};
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::support::Down;

/// Burns at 100, for which nobody has looked yet.
fn burning() -> Objective {
    let objective = builder().build().unwrap();
    record(&objective, Outcome::Failed, 10);
    record(&objective, Outcome::Success, 90);
    objective
}

#[tokio::test(start_paused = true)]
async fn a_gate_is_closed_while_the_budget_burns_as_fast() {
    let objective = burning();
    let gates = || [99.0, 100.0, 101.0].map(|burn| objective.gate(burn).is_open());
    assert_eq!(gates(), [true; 3], "the step has not ended");
    advance(10 * SECOND).await;
    assert_eq!(gates(), [false, false, true]);
    advance(HOUR / 12 - 10 * SECOND).await;
    assert_eq!(gates(), [true; 3], "five minutes are over");
}

#[tokio::test(start_paused = true)]
async fn who_looks_moves_the_gates() {
    let objective = burning();
    let gate = objective.gate(1.0);
    assert!(gate.is_open() && !objective.is_met() && !gate.is_open());
}

#[tokio::test(start_paused = true)]
async fn every_burn_is_legal() {
    let objective = burning();
    advance(10 * SECOND).await;
    let rows = [
        (0.0, false),
        (-1.0, false),
        (f64::MIN_POSITIVE, false),
        (f64::NEG_INFINITY, false),
        (f64::INFINITY, true),
        (f64::MAX, true),
        (f64::NAN, true),
    ];
    for (burn, is_open) in rows {
        assert_eq!(objective.gate(burn).is_open(), is_open, "{burn}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_opens_when_its_objective_is_gone() {
    let objective = burning();
    let gate = objective.gate(1.0);
    advance(10 * SECOND).await;
    assert!(!gate.is_open());
    drop(objective);
    advance(HOUR / 12).await;
    assert!(gate.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_closed_gate_stops_retries() {
    let objective = burning();
    let registry = Registry::new();
    let layer = RetryLayer::builder("orders").backoff(Backoff::none()).budget_gate(objective.gate(10.0));
    let layer = layer.registry(&registry).build().unwrap();
    let sent = Arc::<AtomicU32>::default();
    let count = Arc::clone(&sent);
    let service = layer.layer(service_fn(move |_: u32| {
        count.fetch_add(1, SeqCst);
        async { Err::<u32, _>(Down(1)) }
    }));
    service.clone().oneshot(1).await.unwrap_err();
    assert_eq!(sent.swap(0, SeqCst), 3, "the gate is open");
    advance(10 * SECOND).await;
    service.clone().oneshot(1).await.unwrap_err();
    assert_eq!(sent.swap(0, SeqCst), 1);
    let stopped = registry.metrics().into_iter().find(|metric| metric.name == "palisade_retry_stopped_total").unwrap();
    let by_gate = stopped.samples.iter().find(|sample| sample.labels.contains(&("reason", "budget_gate"))).unwrap();
    assert_eq!(by_gate.value, palisade::registry::Reading::Count(1));
}
