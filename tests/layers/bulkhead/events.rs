use super::*;

const TARGET: &str = "palisade::bulkhead";

#[tokio::test(start_paused = true)]
async fn each_reason_for_a_rejection_is_told_by_its_own_name() {
    let full = BulkheadLayer::builder(0).name("payments").build().unwrap();
    let queue_full = BulkheadLayer::builder(0).name("payments").max_queue(0).build().unwrap();
    let too_long = BulkheadLayer::builder(0).name("payments").max_queue(1).max_wait(LONG).build().unwrap();
    let events = Events::record();
    assert!(full.layer(inner()).oneshot(Ask::Answer).await.is_err());
    assert!(queue_full.layer(inner()).oneshot(Ask::Answer).await.is_err());
    assert!(too_long.layer(inner()).oneshot(Ask::Answer).await.is_err());
    let told = events.of(TARGET);
    let reasons: Vec<_> = told.iter().map(|event| event.field("reason")).collect();
    assert_eq!(reasons, ["full", "queue_full", "waited_too_long"]);
    assert!(told.iter().all(|event| event.field("name") == "payments" && event.level >= Level::DEBUG));
}

#[test]
fn a_rejected_guard_is_told() {
    let handle = BulkheadLayer::new(0).handle();
    let events = Events::record();
    assert!(handle.try_enter().is_err());
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert_eq!((event.field("name"), event.field("reason")), ("bulkhead", "full"));
}

#[test]
fn a_resize_is_told_with_the_new_limit() {
    let handle = BulkheadLayer::new(1).handle();
    let events = Events::record();
    handle.resize(3);
    let [event] = &events.of(TARGET)[..] else { panic!("not one event") };
    assert_eq!((event.field("name"), event.field("limit")), ("bulkhead", "3"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_and_is_answered_tells_nothing() {
    let events = Events::record();
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(waiter.poll().is_ready());
    drop(begin(&mut service, Ask::Hang));
    assert_eq!(events.all(), []);
}

#[test]
fn the_reasons_read_differently() {
    let reasons = [RejectionReason::Full, RejectionReason::QueueFull, RejectionReason::WaitedTooLong];
    let [full, queue_full, too_long] = reasons.map(|reason| reason.to_string());
    assert!(full != queue_full && queue_full != too_long && too_long != full);
}
