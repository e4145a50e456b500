//! What events tell of it.

use palisade::test_util::EventLog;

use super::*;

fn told(events: &EventLog) -> Vec<String> {
    events.of("palisade::bulkhead").iter().map(|event| event.field("criticality").to_owned()).collect()
}

#[tokio::test]
async fn a_rejection_is_told_with_the_class_of_its_call() {
    let events = EventLog::of_thread();
    let full = BulkheadLayer::new(0);
    for class in [CriticalPlus, Sheddable] {
        by_itself().layer(full.layer(up())).oneshot(class).await.unwrap_err();
    }
    full.layer(up()).oneshot(()).await.unwrap_err();
    assert_eq!(told(&events), ["critical-plus", "sheddable", ""], "nothing says what the last one matters");
}

#[tokio::test(start_paused = true)]
async fn one_pushed_out_of_a_queue_is_told_with_its_own_class() {
    let events = EventLog::of_thread();
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let _place = layer.handle().try_enter().unwrap();
    let mut service = by_itself().layer(layer.layer(up()));
    let [mut low, _high] = [SheddablePlus, CriticalPlus].map(|class| begin(&mut service, class));
    assert!(low.poll().is_ready());
    assert_eq!(told(&events), ["sheddable-plus"]);
}
