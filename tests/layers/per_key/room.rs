//! A key for which there is no room.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_key_without_room_passes_unprotected() {
    let layer = breakers();
    answer(&layer, [1, 2]).await;
    for _ in 0..100 {
        assert!(matches!(ask(&layer, Fail(3)).await, Err(Error::Service(_))));
    }
    answer(&layer, [3]).await;
    assert_eq!(sorted(&layer.handle()), [1, 2]);
    trip(&layer, 1).await;
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Open), "those with room are protected as before");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_passes_a_bulkhead_without_limit() {
    let layer = BulkheadLayer::builder(1).per_key(host as Host).capacity(1).build().unwrap();
    answer(&layer, [1]).await;
    let calls: Vec<_> = (0..100).map(|_| begin(&mut layer.layer(inner()), Hang(2))).collect();
    answer(&layer, [2]).await;
    drop(calls);
    let held = begin(&mut layer.layer(inner()), Hang(1));
    assert_eq!(reason(&ask(&layer, Answer(1)).await), Some(RejectionReason::Full));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_is_an_event_and_once_a_minute_a_warning() {
    let layer = breakers();
    let events = EventLog::of_thread();
    answer(&layer, [1, 2]).await;
    assert_eq!(events.all(), [], "to build a layer, and to admit a key, is none");
    for (pause, young) in [(Duration::ZERO, None), (NEARLY, Some([1, 2])), (SECOND, None)] {
        advance(pause).await;
        answer(&layer, young.into_iter().flatten().chain([3, 4, 5])).await;
    }
    let told = events.of(TARGET);
    let warned: Vec<_> = told.iter().map(|event| event.level == Level::WARN).collect();
    assert_eq!(warned, [true, false, false, false, false, false, true, false, false]);
    assert!(told.iter().all(|event| [Level::WARN, Level::DEBUG].contains(&event.level)));
    let fields = ["name", "capacity", "outcome", "message"].map(|field| told[0].field(field));
    assert_eq!(fields, ["upstream", "2", "passed", "no room for another key"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_is_rejected_where_it_is_set_so() {
    let layer = builder().reject_when_full().build().unwrap();
    answer(&layer, [1, 2]).await;
    let events = EventLog::of_thread();
    let service = inner();
    let calls = service.calls();
    let error = layer.layer(service).oneshot(Answer(3)).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.layer()), (RejectionReason::KeysFull, "per key"));
    assert_eq!((rejection.name().as_str(), rejection.retry_after()), ("upstream", None));
    assert_eq!(error.to_string(), "per key `upstream` rejected the call: it has no room for another key");
    assert_eq!(rejection.reason().as_str(), "keys_full");
    assert_eq!(calls.count(), 0);
    assert_eq!(events.of(TARGET)[0].field("outcome"), "rejected");
    answer(&layer, [1]).await;
}

#[tokio::test(start_paused = true)]
async fn bulkheads_reject_a_key_without_room_where_it_is_set_so() {
    let layer = BulkheadLayer::builder(1).per_key(host as Host).capacity(1).reject_when_full().build().unwrap();
    answer(&layer, [1]).await;
    assert_eq!(reason(&ask(&layer, Answer(2)).await), Some(RejectionReason::KeysFull));
    let queueing = BulkheadLayer::builder(1).max_wait(SECOND).per_key(host as Host).capacity(1).reject_when_full();
    let queueing = queueing.build().unwrap();
    answer(&queueing, [1]).await;
    assert_eq!(reason(&ask(&queueing, Answer(2)).await), Some(RejectionReason::KeysFull));
}
