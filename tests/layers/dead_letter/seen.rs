//! What the registry shows of letters.

use std::collections::BTreeMap;

use super::*;
use crate::support::readings::number;
use palisade::Registry;

/// The metrics of dead letters that are not zero, each with its last label.
fn metrics(registry: &Registry) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    for metric in registry.metrics().into_iter().filter(|metric| metric.name.starts_with("palisade_dead_letter_")) {
        for sample in metric.samples {
            let label = sample.labels.iter().filter(|(name, _)| *name != "name").map(|(_, value)| format!(" {value}"));
            let name = metric.name.trim_start_matches("palisade_dead_letter_").to_owned();
            values.insert(name + &label.collect::<String>(), number(&sample.value));
        }
    }
    values.retain(|_, value| *value > 0.0);
    values
}

fn expected(values: &[(&str, u32)]) -> BTreeMap<String, f64> {
    values.iter().map(|(name, value)| ((*name).to_owned(), f64::from(*value))).collect()
}

#[tokio::test(start_paused = true)]
async fn what_becomes_of_letters_is_counted() {
    let (registry, store) = (Registry::new(), Slow::of_polls(0));
    let letters = queue(&store).capacity(4).max_replays(2).registry(&registry).open().await.unwrap();
    let layer = DeadLetterLayer::new(letters.clone()).name(Name::new("queue").unwrap()).registry(&registry);
    let service = layer.accept(|letter: &DeadLetter<u32>| letter.request).layer(coded(&[REJECTED, REJECTED, 1]));
    for request in [1, 2, 3, 4, 5, NO_BYTES] {
        service.clone().oneshot(request).await.ok();
    }
    letters.park(ids(&letters).await[3]).await.unwrap();
    let bytes = u32::try_from(letters.bytes()).unwrap();
    assert_eq!(
        metrics(&registry),
        expected(&[
            ("stored_total", 4),
            ("accepted_total", 2),
            ("lost_total full", 1),
            ("lost_total not_encoded", 1),
            ("parked_total by_hand", 1),
            ("waiting", 3),
            ("parked", 1),
            ("bytes", bytes),
        ])
    );
    let replays = [Err(rejected().into()), Ok(1), Err(down()), Err(down()), Ok(3)];
    let left = Arc::new(Mutex::new(replays.into_iter()));
    let sent = strict(move |_: u32| ready(left.lock().unwrap().next().unwrap()));
    letters.replay(sent).until_empty().await.unwrap();
    let seen = metrics(&registry);
    let of_replays: BTreeMap<_, _> =
        seen.into_iter().filter(|(name, _)| name.contains("re") || name.contains("park")).collect();
    assert_eq!(
        of_replays,
        expected(&[
            ("replayed_total failed", 2),
            ("replayed_total rejected", 1),
            ("replayed_total succeeded", 2),
            ("stored_total", 4),
            ("parked_total by_hand", 1),
            ("parked_total failed", 1),
            ("parked", 2),
        ])
    );
    drop((letters, service));
    assert!(registry.instances().is_empty(), "queues and layers go with their last handle");
}
