use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_rejects_at_once() {
    let mut service = BulkheadLayer::new(2).layer(inner());
    let _held = [begin(&mut service, Ask::Hang), begin(&mut service, Ask::Hang)];
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_is_not_sent() {
    let inner = inner();
    let calls = inner.calls();
    let mut service = BulkheadLayer::new(1).layer(inner);
    let _held = begin(&mut service, Ask::Hang);
    let _rejected = call(&mut service, Ask::Answer).poll();
    assert_eq!(calls.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_alone_does_not_make_it_queue() {
    let layer = BulkheadLayer::builder(1).build().unwrap();
    let handle = layer.handle();
    let mut service = TimeoutLayer::new(LONG).layer(layer.layer(inner()));
    let _held = begin(&mut service, Ask::Hang);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    assert_eq!(handle.queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_who_refused_and_why() {
    let layer = BulkheadLayer::builder(0).name("payments").build().unwrap();
    let error = layer.layer(inner()).oneshot(Ask::Answer).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("bulkhead", "payments"));
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::Full, None));
}

#[tokio::test(start_paused = true)]
async fn an_answer_frees_its_place() {
    let layer = BulkheadLayer::new(1);
    let mut answered = call(&mut layer.layer(inner()), Ask::Answer);
    assert_eq!(layer.handle().in_flight(), 1);
    assert!(matches!(answered.poll(), Poll::Ready(Ok(7))));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failure_frees_its_place_and_stays_whole() {
    let layer = BulkheadLayer::new(1);
    let mut failed = call(&mut layer.layer(inner()), Ask::Fail);
    let Poll::Ready(Err(error)) = failed.poll() else { panic!("no error") };
    assert_eq!(error.downcast_ref(), Some(&Down(1)));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_frees_its_place() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    drop(call(&mut service, Ask::Hang));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_flight_frees_its_place() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    drop(begin(&mut service, Ask::Hang));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_rejection_frees_nothing() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    drop(call(&mut service, Ask::Hang));
    assert_eq!(layer.handle().in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_call_frees_its_place() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    assert!(panics(|| call(&mut service, Ask::PanicInCall)));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_poll_frees_its_place_with_the_call() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    let mut panicking = call(&mut service, Ask::PanicInPoll);
    assert!(panics(|| panicking.poll()));
    drop(panicking);
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn idle_clones_that_were_polled_ready_hold_nothing() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(inner());
    let mut idle = service.clone();
    idle.ready().await.unwrap();
    assert_eq!(layer.handle().in_flight(), 0);
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_ready() {
    let layer = BulkheadLayer::new(0);
    assert!(matches!(spawn(layer.layer(inner()).ready()).poll(), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_of_the_inner_comes_whole_and_takes_no_place() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(Inner::new(Readiness::Fails));
    let error = service.ready().await.err().unwrap();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inner_service_that_is_not_ready_is_waited_for_without_a_place() {
    let layer = BulkheadLayer::new(1);
    let mut service = layer.layer(Inner::new(Readiness::Waits));
    assert!(spawn(service.ready()).poll().is_pending());
    assert_eq!(layer.handle().in_flight(), 0);
}
