use super::*;

/// A call that tells, when it is dropped, how many places were taken then.
struct Watched {
    done: bool,
    handle: BulkheadHandle,
    seen: Arc<AtomicUsize>,
}

impl Future for Watched {
    type Output = Result<(), Down>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        if self.done { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.seen.store(self.handle.in_flight(), SeqCst);
    }
}

fn watched(handle: BulkheadHandle, seen: &Arc<AtomicUsize>) -> Strict<impl Fn(bool) -> Watched + Clone> {
    let seen = Arc::clone(seen);
    strict(move |done| Watched { done, handle: handle.clone(), seen: Arc::clone(&seen) })
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_done_is_gone_before_its_place_comes_free() {
    let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
    layer.layer(watched(layer.handle(), &seen)).oneshot(true).await.unwrap();
    assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_gone_before_its_place_comes_free() {
    let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
    drop(begin(&mut layer.layer(watched(layer.handle(), &seen)), false));
    assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cut_by_a_timeout_is_gone_before_its_place_comes_free() {
    let (layer, seen) = (BulkheadLayer::new(1), Arc::default());
    let service = TimeoutLayer::new(LONG).layer(layer.layer(watched(layer.handle(), &seen)));
    assert!(service.oneshot(false).await.unwrap_err().is_timeout());
    assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_queueing_call_that_is_done_is_gone_before_its_place_comes_free() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let seen = Arc::default();
    layer.layer(watched(layer.handle(), &seen)).oneshot(true).await.unwrap();
    assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_queueing_call_that_is_dropped_is_gone_before_its_place_comes_free() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let seen = Arc::default();
    drop(begin(&mut layer.layer(watched(layer.handle(), &seen)), false));
    assert_eq!((seen.load(SeqCst), layer.handle().in_flight()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_queueing_call_hands_its_place_on() {
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
        let held = begin(&mut service, Ask::Hang);
        let mut panicking = begin(&mut service, ask);
        drop(held);
        let mut next = begin(&mut service, Ask::Answer);
        assert!(panics(|| panicking.poll()));
        drop(panicking);
        assert!(next.is_woken(), "{ask:?}");
        assert!(matches!(next.poll(), Poll::Ready(Ok(7))), "{ask:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_a_queueing_call_hands_its_place_on() {
    let mut service = BulkheadLayer::builder(1).max_queue(1).build().unwrap().layer(inner());
    let mut failing = call(&mut service, Ask::Fail);
    let place = failing.poll();
    assert!(matches!(place, Poll::Ready(Err(Error::Service(_)))));
    assert!(matches!(call(&mut service, Ask::Answer).poll(), Poll::Ready(Ok(7))));
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_places() {
    let layer = BulkheadLayer::new(1);
    let _held = begin(&mut layer.layer(inner()), Ask::Hang);
    let mut other = layer.clone().layer(inner());
    assert_eq!(reason(call(&mut other, Ask::Answer).poll()), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_queue() {
    let layer = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let _held = begin(&mut layer.layer(inner()), Ask::Hang);
    let _waiting = begin(&mut layer.layer(inner()), Ask::Hang);
    assert_eq!(reason(call(&mut layer.layer(inner()), Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn two_layers_share_nothing() {
    let _held = begin(&mut BulkheadLayer::new(1).layer(inner()), Ask::Hang);
    assert!(matches!(call(&mut BulkheadLayer::new(1).layer(inner()), Ask::Answer).poll(), Poll::Ready(Ok(7))));
}
