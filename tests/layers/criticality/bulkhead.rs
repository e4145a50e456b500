//! The shares of a bulkhead.

use super::*;

fn shared(places: usize) -> BulkheadBuilder {
    BulkheadLayer::builder(places).share(CriticalPlus, 1.0)
}

/// How many calls of a class the places let pass now, until these are dropped.
fn fill(layer: &BulkheadLayer, class: Criticality) -> Vec<Spawn<impl Future>> {
    let mut service = by_itself().layer(layer.layer(hung()));
    let calls = std::iter::repeat_with(|| call(&mut service, class)).take(20);
    calls.map(|mut call| call.poll().is_pending().then_some(call)).map_while(|call| call).collect()
}

#[tokio::test(start_paused = true)]
async fn each_class_fills_its_share_by_default_once_one_is_set() {
    let layer = shared(10).build().unwrap();
    for (class, most) in [(Sheddable, 5), (SheddablePlus, 8), (Critical, 10), (CriticalPlus, 10)] {
        assert_eq!(fill(&layer, class).len(), most, "{class}");
        assert_eq!(layer.handle().in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn classes_fill_what_is_left_by_the_others() {
    let layer = shared(10).share(SheddablePlus, 0.6).build().unwrap();
    let held = [Sheddable, SheddablePlus, Critical].map(|class| fill(&layer, class));
    assert_eq!(held.map(|calls| calls.len()), [5, 1, 4]);
}

#[tokio::test(start_paused = true)]
async fn without_shares_all_classes_fill_all_places() {
    assert_eq!(fill(&BulkheadLayer::new(3), Sheddable).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_beyond_its_share_finds_the_bulkhead_full() {
    let layer = shared(2).build().unwrap();
    let held = fill(&layer, Sheddable);
    let asked = by_itself().layer(layer.layer(up())).oneshot(Sheddable).await;
    assert_eq!((held.len(), reason(&asked)), (1, Some(RejectionReason::Full)));
}

#[tokio::test(start_paused = true)]
async fn a_handle_asks_for_the_class_around_it() {
    let handle = shared(2).build().unwrap().handle();
    let place = handle.try_enter().unwrap();
    assert!(Sheddable.scope(lazy(|_| handle.try_enter())).await.is_err());
    drop(handle.try_enter().unwrap());
    drop(place);
    assert!(Sheddable.scope(lazy(|_| handle.try_enter())).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_late_calls_place_counts_for_no_share() {
    let layer = shared(2).build().unwrap();
    let limited =
        ServiceBuilder::new().layer(TimeoutLayer::new(MILLI)).layer(layer.clone()).service(hung::<Criticality>());
    let _late = begin(&mut limited.clone(), Sheddable);
    assert_eq!(fill(&layer, Sheddable).len(), 0);
    tokio::time::advance(MILLI).await;
    assert_eq!(fill(&layer, Sheddable).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_shares() {
    let layer = shared(2).per_key(|_: &Criticality| 7).build().unwrap();
    let mut service = by_itself().layer(layer.layer(hung()));
    let _held = begin(&mut service, Sheddable);
    assert!(call(&mut service, Sheddable).poll().is_ready());
    let _also = begin(&mut service, Critical);
    assert_eq!(layer.handle().get(&7).map(|places| places.in_flight()), Some(2));
}

#[test]
fn a_share_is_a_millionth_to_one() {
    for share in [0.0, -0.5, 1.000_001, 4e-7, f64::NAN, f64::INFINITY] {
        for error in [
            shared(2).share(Sheddable, share).build().unwrap_err(),
            shared(2).max_queue(1).share(Critical, share).build().unwrap_err(),
        ] {
            let text = format!("bulkhead `bulkhead`: `share` is {share}, but must be a millionth to 1");
            assert_eq!((error.setting(), error.to_string()), ("share", text));
        }
    }
    assert!(shared(0).share(Sheddable, 1e-6).share(Critical, 0.1).build().is_ok(), "a lower class may have more");
}
