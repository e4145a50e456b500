//! A measure for each route.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_key_is_measured_by_itself() {
    let layer = MeasureLayer::builder("measure").per_key(|request: &u32| request % 2).build().unwrap();
    let measures = layer.handle();
    for request in [1, 2, 3] {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    assert_eq!([0, 1].map(|key| measures.get(&key).unwrap().all().count()), [1, 2]);
    assert_eq!(measures.others().unwrap().all().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_keys_are_bounded_and_no_call_is_lost() {
    let layer = MeasureLayer::builder("measure").per_key(|request: &u32| *request).capacity(100).build().unwrap();
    let measures = layer.handle();
    for _ in 0..2 {
        for request in 0..10_000 {
            layer.layer(up()).oneshot(request).await.unwrap();
        }
        // What was idle is kept, because its totals must not fall.
        advance(3600 * SECOND).await;
    }
    let of_keys: u64 = measures.iter().map(|(_, measure)| measure.all().count()).sum();
    assert_eq!((measures.len(), of_keys, measures.others().unwrap().all().count()), (100, 200, 19_800));
}

#[tokio::test(start_paused = true)]
async fn a_key_has_exemplars_of_its_own() {
    let layer = MeasureLayer::builder("measure").exemplar(|request: &u32| Some((*request).into()));
    let layer = layer.per_key(|request: &u32| *request).capacity(1).build().unwrap();
    for request in [7, 8] {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    let traces =
        |measure: MeasureHandle| measure.exemplars(Ended::Success).into_iter().map(|kept| kept.trace).collect();
    let (own, others): (Vec<_>, Vec<_>) =
        (traces(layer.handle().get(&7).unwrap()), traces(layer.handle().others().unwrap()));
    assert_eq!((own, others), (vec![7], vec![8]));
}

#[tokio::test(start_paused = true)]
async fn other_layers_have_nothing_for_calls_of_keys_without_room() {
    let layer = palisade::BulkheadLayer::builder(1).per_key(|request: &u32| *request).capacity(1).build().unwrap();
    assert!(layer.handle().others().is_none());
}
