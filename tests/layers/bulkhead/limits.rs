use super::*;

#[tokio::test(start_paused = true)]
async fn no_places_reject_every_call() {
    let mut service = BulkheadLayer::new(0).layer(inner());
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn no_places_with_a_queue_as_long_reject_every_call() {
    let mut service = BulkheadLayer::builder(0).max_wait(LONG).build().unwrap().layer(inner());
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn as_many_places_as_can_be_reject_nothing() {
    let mut service = BulkheadLayer::new(usize::MAX).layer(inner());
    let _held: Vec<_> = (0..1000).map(|_| begin(&mut service, Ask::Hang)).collect();
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn all_settings_at_their_most_are_legal() {
    let builder = BulkheadLayer::builder(usize::MAX).max_queue(usize::MAX).max_wait(Duration::MAX);
    let mut service = builder.build().unwrap().layer(inner());
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn a_queue_without_end_is_legal() {
    let layer = BulkheadLayer::builder(1).max_queue(usize::MAX).build().unwrap();
    let mut service = layer.layer(inner());
    let _held: Vec<_> = (0..1001).map(|_| begin(&mut service, Ask::Hang)).collect();
    assert_eq!(layer.handle().queued(), 1000);
}

#[test]
fn an_empty_name_is_refused() {
    let error = BulkheadLayer::builder(1).name("").build().unwrap_err();
    assert_eq!((error.setting(), error.value()), ("name", r#""""#));
}

#[test]
fn a_name_may_have_64_bytes_and_no_more() {
    assert!(BulkheadLayer::builder(1).name("n".repeat(64)).build().is_ok());
    assert_eq!(BulkheadLayer::builder(1).name("n".repeat(65)).build().unwrap_err().setting(), "name");
}

#[test]
fn a_queueing_bulkhead_refuses_the_same_names() {
    let error = BulkheadLayer::builder(1).max_queue(1).name("n".repeat(65)).build().unwrap_err();
    assert_eq!(error.setting(), "name");
}

#[test]
fn a_name_set_before_the_queue_stays() {
    let layer = BulkheadLayer::builder(1).name("payments").max_wait(LONG).max_queue(1).build().unwrap();
    assert_eq!(layer.handle().name().as_str(), "payments");
}
