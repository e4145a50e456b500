use super::*;

const TARGET: &str = "palisade::bulkhead";

#[tokio::test(start_paused = true)]
async fn each_reason_for_a_rejection_is_told_by_its_own_name() {
    let named = || BulkheadLayer::builder(0).name(Name::new("payments").unwrap());
    let events = EventLog::of_thread();
    named().build().unwrap().layer(inner()).oneshot(Ask::Answer).await.unwrap_err();
    for (max_queue, max_wait) in [(0, LONG), (1, LONG)] {
        let queue = named().max_queue(max_queue).max_wait(max_wait).build().unwrap();
        queue.layer(inner()).oneshot(Ask::Answer).await.unwrap_err();
    }
    let told = events.of(TARGET);
    let reasons: Vec<_> = told.iter().map(|event| event.field("reason")).collect();
    assert_eq!(reasons, ["full", "queue_full", "waited_too_long"]);
    assert!(told.iter().all(|event| event.field("name") == "payments" && event.level >= Level::DEBUG));
}

#[test]
fn a_rejected_guard_and_a_resize_are_told() {
    let handle = BulkheadLayer::new(0).handle();
    let events = EventLog::of_thread();
    handle.try_enter().unwrap_err();
    handle.resize(3);
    let [rejected, resized] = &events.of(TARGET)[..] else { panic!("not two events") };
    assert_eq!((rejected.field("name"), rejected.field("reason")), ("bulkhead", "full"));
    assert_eq!((resized.field("name"), resized.field("limit")), ("bulkhead", "3"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_and_is_answered_tells_nothing() {
    let events = EventLog::of_thread();
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(waiter.poll().is_ready());
    drop(begin(&mut service, Ask::Hang));
    assert_eq!(events.all(), []);
}
