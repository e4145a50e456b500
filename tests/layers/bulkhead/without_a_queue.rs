use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_rejects_at_once_and_sends_nothing() {
    for places in [0, 1, 2] {
        let inner = inner();
        let calls = inner.calls();
        let mut service = BulkheadLayer::new(places).layer(inner);
        let _held: Vec<_> = (0..places).map(|_| begin(&mut service, Ask::Hang)).collect();
        assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full), "{places} places");
        assert_eq!(calls.count(), places);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_alone_does_not_make_it_queue() {
    let layer = BulkheadLayer::builder(1).build().unwrap();
    let mut service = TimeoutLayer::new(LONG).layer(layer.layer(inner()));
    let _held = begin(&mut service, Ask::Hang);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
    assert_eq!(layer.handle().queued(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_rejection_says_who_refused_and_why() {
    let layer = BulkheadLayer::builder(0).name(Name::new("payments").unwrap()).build().unwrap();
    let error = layer.layer(inner()).oneshot(Ask::Answer).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("bulkhead", "payments"));
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::Full, None));
}
