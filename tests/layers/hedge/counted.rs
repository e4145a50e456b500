use palisade::Registry;

use super::*;
use crate::support::readings::number;

/// What the metrics of this name say, by the value of their label.
fn values(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let metric = registry.metrics().into_iter().find(|metric| metric.name == name).unwrap();
    let of_label = |labels: &[(&str, &str)]| labels.last().map_or(String::new(), |(_, value)| (*value).to_owned());
    let samples = metric.samples.iter().map(|sample| (of_label(&sample.labels), number(&sample.value)));
    samples.filter(|(_, count)| *count > 0.0).collect()
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_how_they_ended_and_hedges_by_what_came_of_them() {
    let registry = Registry::new();
    let layer = ten().classify(by_code).budget(fixed_budget(2)).registry(&registry).build().unwrap();
    send(&layer, &[(5, 200)]).await;
    send(&layer, &[(12, 200), (5, 201)]).await;
    send(&layer, &[(50, 200), (5, 201)]).await;
    send(&layer, &[(5, 503)]).await;
    Deadline::after(MILLI).scope(send(&layer, &[(50, 200)])).await;
    drop(tokio::time::timeout(MILLI, send(&layer, &[(50, 200)])).await);
    let of = |values: &[(&str, f64)]| values.iter().map(|(of, count)| ((*of).to_owned(), *count)).collect::<Vec<_>>();
    let calls = of(&[("first", 3.0), ("hedge", 1.0), ("failed", 1.0), ("abandoned", 1.0)]);
    assert_eq!(values(&registry, "palisade_hedge_calls_total"), calls);
    assert_eq!(values(&registry, "palisade_hedge_started_total"), of(&[("hedge", 2.0)]));
    assert_eq!(values(&registry, "palisade_hedge_withheld_total"), of(&[("deadline", 1.0), ("budget", 1.0)]));
    assert_eq!(values(&registry, "palisade_hedge_budget_tokens"), of(&[]));
}
