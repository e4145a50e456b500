//! Claims about what an objective counts.

use palisade::MeasureLayer;
use tower::{Layer, ServiceExt};

use super::*;
use crate::support::readings::number;
use crate::support::services::up;

/// The value of a metric with these labels beside the name.
fn value(registry: &Registry, metric: &str, labels: &[&str]) -> Option<f64> {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|found| found.name == format!("palisade_objective_{metric}"))?;
    let words = |sample: &&palisade::registry::Sample| {
        sample.labels[1..].iter().map(|(_, word)| *word).eq(labels.iter().copied())
    };
    metric.samples.iter().find(words).map(|sample| number(&sample.value))
}

#[tokio::test(start_paused = true)]
async fn an_objective_shows_its_targets_calls_budgets_and_alerts() {
    let registry = Registry::new();
    let objective = builder().availability(0.99).latency(0.95, 100 * MILLI).registry(&registry).build().unwrap();
    record(&objective, Outcome::Success, 190);
    (0..5).for_each(|_| objective.record(Outcome::Success, SECOND));
    record(&objective, Outcome::Failed, 5);
    objective.record_degraded();
    let rows = [
        ("target", &["availability"][..], 0.99),
        ("target", &["latency"], 0.95),
        ("period_seconds", &[], 2_592_000.0),
        ("asked_total", &["availability"], 200.0),
        ("asked_total", &["latency"], 195.0),
        ("bad_total", &["availability"], 5.0),
        ("bad_total", &["latency"], 5.0),
        ("degraded_total", &[], 1.0),
        ("budget_used_ratio", &["availability"], 2.5),
        ("burn_rate", &["availability", "5m"], 2.5),
        ("burn_rate", &["availability", "3d"], 2.5),
        ("alerts_firing", &["availability", "page"], 0.0),
        ("alerts_firing", &["availability", "notify"], 0.0),
        ("alerts_firing", &["availability", "ticket"], 1.0),
        ("alerts_firing", &["latency", "ticket"], 0.0),
    ];
    for (metric, labels, expected) in rows {
        let shown = value(&registry, metric, labels).unwrap_or_else(|| panic!("no {metric} {labels:?}"));
        assert!((shown - expected).abs() < 1e-9, "{metric} {labels:?}: {shown}");
    }
    let shown = value(&registry, "burn_rate", &["latency", "1h"]).unwrap();
    assert!((shown - 5.0 / 195.0 / 0.05).abs() < 1e-9, "{shown}");
}

#[tokio::test(start_paused = true)]
async fn ratios_of_one_name_are_ratios_of_sums() {
    let registry = Registry::new();
    let build = |target| builder().availability(target).registry(&registry).build().unwrap();
    let (one, other) = (build(0.99), build(0.97));
    record(&one, Outcome::Failed, 10);
    record(&one, Outcome::Success, 90);
    record(&other, Outcome::Success, 300);
    // One may have a bad one, and the other nine.
    assert_eq!(value(&registry, "budget_used_ratio", &["availability"]), Some(1.0));
    assert_eq!(value(&registry, "target", &["availability"]), Some(0.98));
    assert_eq!(value(&registry, "period_seconds", &[]), Some(2_592_000.0));
}

#[tokio::test(start_paused = true)]
async fn what_has_no_target_and_no_calls_is_absent() {
    let registry = Registry::new();
    let _objective = builder().registry(&registry).build().unwrap();
    for (metric, labels) in
        [("target", &["latency"][..]), ("alerts_firing", &["latency", "page"]), ("burn_rate", &["availability", "1h"])]
    {
        assert_eq!(value(&registry, metric, labels), None, "{metric}");
    }
    assert_eq!(value(&registry, "bad_total", &["availability"]), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_measure_keeps_its_objective_listed() {
    let registry = Registry::new();
    let objective = builder().registry(&registry).build().unwrap();
    let layer = MeasureLayer::builder("checkout").objective(&objective).registry(&registry).build().unwrap();
    drop(objective);
    let listed = || registry.instances().iter().filter(|instance| instance.kind.as_str() == "objective").count();
    let service = layer.layer(up::<u32>());
    drop(layer);
    service.clone().oneshot(1).await.unwrap();
    assert_eq!(listed(), 1);
    drop(service);
    assert_eq!(listed(), 0);
    assert_eq!(value(&registry, "asked_total", &["availability"]), Some(1.0), "totals stay");
}
