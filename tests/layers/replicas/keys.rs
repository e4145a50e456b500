//! Calls that are placed by their keys.

use std::collections::BTreeSet;

use tower::service_fn;

use super::*;

/// Replicas that respond with their number.
fn by_key(
    numbers: impl IntoIterator<Item = u32>,
    shards: usize,
) -> impl Service<u32, Response = u32, Error = Error> + Clone {
    let service = |number| service_fn(move |_: u32| async move { Ok::<u32, Error>(number) });
    let builder = numbers
        .into_iter()
        .fold(Replicas::builder("orders"), |builder, number| builder.add(format!("replica {number}"), service(number)));
    builder.by_key(|key: &u32| *key).shards(shards).build().expect(LEGAL)
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_a_key_go_to_one_replica() {
    let service = by_key(0..10, 1);
    let mut used = BTreeSet::new();
    for key in 0..50 {
        let first = service.clone().oneshot(key).await.unwrap();
        for _ in 0..3 {
            assert_eq!(service.clone().oneshot(key).await.unwrap(), first);
        }
        used.insert(first);
    }
    assert!(used.len() >= 8, "{used:?}");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_goes_moves_only_its_own_keys() {
    let (all, fewer) = (by_key(0..10, 1), by_key((0..10).filter(|number| *number != 3), 1));
    for key in 0..200 {
        let before = all.clone().oneshot(key).await.unwrap();
        let after = fewer.clone().oneshot(key).await.unwrap();
        assert!(before == 3 || before == after, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_with_shards_uses_so_many_replicas() {
    let service = by_key(0..10, 2);
    for key in 0..20 {
        let mut used = BTreeSet::new();
        for _ in 0..40 {
            used.insert(service.clone().oneshot(key).await.unwrap());
        }
        assert!(used.len() <= 2, "{key}: {used:?}");
    }
}
