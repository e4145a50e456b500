use super::*;

#[tokio::test(start_paused = true)]
async fn polling_ready_leaves_the_inner_alone() {
    let inner = Inner::new(Readiness::Fails);
    let asked = Arc::clone(&inner.asked);
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner);
    assert!(service.ready().await.is_ok());
    assert_eq!(asked.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_ready() {
    let mut service = BulkheadLayer::builder(0).max_queue(0).build().unwrap().layer(inner());
    assert!(matches!(spawn(service.ready()).poll(), Poll::Ready(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_readies_nothing_before_it_has_a_place() {
    let inner = Inner::new(Readiness::Waits);
    let asked = Arc::clone(&inner.asked);
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let place = layer.handle().try_enter().unwrap();
    let mut waiter = begin(&mut layer.layer(inner), Ask::Answer);
    assert_eq!(asked.load(SeqCst), 0);
    drop(place);
    assert!(waiter.poll().is_pending());
    assert_eq!(asked.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn an_admitted_call_holds_its_place_while_its_clone_becomes_ready() {
    let inner = Inner::new(Readiness::Waits);
    let is_ready = Arc::clone(&inner.ready);
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut admitted = begin(&mut layer.layer(inner), Ask::Answer);
    assert_eq!(layer.handle().in_flight(), 1);
    is_ready.store(true, SeqCst);
    assert!(matches!(admitted.poll(), Poll::Ready(Ok(7))));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_admitted_call_dropped_before_it_is_ready_frees_its_place() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    drop(begin(&mut layer.layer(Inner::new(Readiness::Waits)), Ask::Answer));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_is_the_result_and_frees_the_place() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let error = layer.layer(Inner::new(Readiness::Fails)).oneshot(Ask::Answer).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_readiness_frees_the_place() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut panicking = call(&mut layer.layer(Inner::new(Readiness::Panics)), Ask::Answer);
    assert!(panics(|| panicking.poll()));
    drop(panicking);
    assert_eq!(layer.handle().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn idle_clones_that_were_polled_ready_hold_nothing() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let mut service = layer.layer(inner());
    let mut idle = service.clone();
    idle.ready().await.unwrap();
    assert_eq!(layer.handle().in_flight(), 0);
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}
