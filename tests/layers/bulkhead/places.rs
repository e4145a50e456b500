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

/// A call that is done or dropped is gone before its place comes free.
async fn is_gone_first<S>(service: S, handle: &BulkheadHandle, seen: &AtomicUsize)
where
    S: Service<bool, Response = (), Error = Error> + Clone,
{
    let assert_gone = |claim| assert_eq!((seen.swap(0, SeqCst), handle.in_flight()), (1, 0), "{claim}");
    service.clone().oneshot(true).await.expect("it is done");
    assert_gone("done");
    drop(begin(&mut service.clone(), false));
    assert_gone("dropped");
}

/// Every end of a call frees its place, and its result comes whole.
fn is_freed_at_every_end<S>(mut service: S, handle: &BulkheadHandle)
where
    S: Service<Ask, Response = u32, Error = Error>,
{
    let assert_free = |claim: &str| assert_eq!((handle.in_flight(), handle.queued()), (0, 0), "{claim}");
    assert!(is_answered(&mut call(&mut service, Ask::Answer)));
    assert_free("an answer");
    let Poll::Ready(Err(error)) = call(&mut service, Ask::Fail).poll() else { panic!("it fails") };
    assert_eq!(error.downcast_ref(), Some(&Down(1)));
    assert_free("a failure");
    assert!(panics(|| call(&mut service, Ask::PanicInCall).poll()));
    assert_free("a panic in call");
    assert!(panics(|| call(&mut service, Ask::PanicInPoll).poll()));
    assert_free("a panic in poll");
    drop(call(&mut service, Ask::Hang));
    assert_free("a drop before the first poll");
    let held = begin(&mut service, Ask::Hang);
    drop(call(&mut service, Ask::Hang));
    assert_eq!(handle.in_flight(), 1, "a drop of another call frees nothing");
    drop(held);
    assert_free("a drop in flight");
}

#[test]
fn every_end_of_a_call_frees_its_place() {
    let (bulkhead, queue) = (BulkheadLayer::new(1), queue(1, 1));
    is_freed_at_every_end(bulkhead.layer(inner()), &bulkhead.handle());
    is_freed_at_every_end(queue.layer(inner()), &queue.handle());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_gone_before_its_place_comes_free() {
    let (bulkhead, queue) = (BulkheadLayer::new(1), queue(1, 1));
    let seen = Arc::<AtomicUsize>::default();
    let watched = |handle: BulkheadHandle| {
        let seen = Arc::clone(&seen);
        strict(move |done| Watched { done, handle: handle.clone(), seen: Arc::clone(&seen) })
    };
    is_gone_first(bulkhead.layer(watched(bulkhead.handle())), &bulkhead.handle(), &seen).await;
    is_gone_first(queue.layer(watched(queue.handle())), &queue.handle(), &seen).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_queueing_call_hands_its_place_on() {
    let mut service = queue(1, 1).layer(inner());
    for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
        let held = begin(&mut service, Ask::Hang);
        let mut panicking = begin(&mut service, ask);
        drop(held);
        let mut next = begin(&mut service, Ask::Answer);
        assert!(panics(|| panicking.poll()));
        drop(panicking);
        assert!(next.is_woken() && is_answered(&mut next), "{ask:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn services_of_one_layer_share_its_places_and_its_queue() {
    let (bulkhead, queue) = (BulkheadLayer::new(1), queue(1, 1));
    let _held = begin(&mut bulkhead.layer(inner()), Ask::Hang);
    let rejected = call(&mut bulkhead.clone().layer(inner()), Ask::Answer).poll();
    assert_eq!(reason(rejected), Some(RejectionReason::Full));
    let _held = [(); 2].map(|()| begin(&mut queue.layer(inner()), Ask::Hang));
    assert_eq!(reason(call(&mut queue.layer(inner()), Ask::Answer).poll()), Some(RejectionReason::QueueFull));
}

#[tokio::test(start_paused = true)]
async fn two_layers_share_nothing() {
    let _held = begin(&mut BulkheadLayer::new(1).layer(inner()), Ask::Hang);
    assert!(is_answered(&mut call(&mut BulkheadLayer::new(1).layer(inner()), Ask::Answer)));
}
