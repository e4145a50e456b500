use super::*;

/// Waits in the queue of a full bulkhead, below these two timeouts and this deadline: why it is rejected, and after how long.
async fn waited(max_wait: Duration, timeouts: [Duration; 2], left: Duration) -> (Option<RejectionReason>, Duration) {
    let layer = BulkheadLayer::builder(0).max_queue(1).max_wait(max_wait).build().expect("the settings are legal");
    let [outer, inner] = timeouts.map(TimeoutLayer::new);
    let (call, start) = ((outer, inner, &layer).layer(up::<()>()).oneshot(()), now());
    let result = Deadline::after(left).scope(call).await;
    assert_eq!((layer.handle().queued(), layer.handle().in_flight()), (0, 0));
    (crate::support::reason(&result), now() - start)
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_nearest_limit_as_a_rejection() {
    const NEVER: Duration = Duration::MAX;
    let uneven = Duration::from_nanos(1_500_001);
    for (claim, max_wait, timeouts, left, waits) in [
        ("its own limit", LONG, [NEVER; 2], NEVER, LONG),
        ("its own, sooner than a timeout", LONG, [NEVER, 2 * LONG], NEVER, LONG),
        ("its own, as soon as a timeout", LONG, [NEVER, LONG], NEVER, LONG),
        ("a timeout", NEVER, [NEVER, LONG], NEVER, LONG),
        ("the outer of two timeouts", NEVER, [LONG, 2 * LONG], NEVER, LONG),
        ("the inner of two timeouts", NEVER, [2 * LONG, LONG], NEVER, LONG),
        ("a timeout off the timer's tick", NEVER, [NEVER, uneven], NEVER, 2 * MILLI),
        ("a deadline sooner than its own", 2 * LONG, [NEVER; 2], LONG, LONG),
        ("a wait of zero", Duration::ZERO, [NEVER; 2], NEVER, Duration::ZERO),
        ("a timeout of zero", LONG, [NEVER, Duration::ZERO], NEVER, Duration::ZERO),
        ("a deadline that has come", LONG, [NEVER; 2], Duration::ZERO, Duration::ZERO),
    ] {
        let expected = (Some(RejectionReason::WaitedTooLong), waits);
        assert_eq!(waited(max_wait, timeouts, left).await, expected, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_exactly_at_its_limit() {
    for (pause, is_rejected) in [(NEARLY, false), (LONG, true)] {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let mut waiter = begin(&mut service, Ask::Answer);
        advance(pause).await;
        assert_eq!(waiter.is_woken(), is_rejected);
        assert_eq!(reason(waiter.poll()).is_some(), is_rejected);
        drop(held);
        assert!(is_rejected || is_answered(&mut waiter), "a place that comes a moment before the limit is taken");
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_goes_past_who_waited_too_long_to_who_still_waits() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).max_queue(2).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut early = begin(&mut service, Ask::Answer);
    advance(MILLI).await;
    let mut late = begin(&mut service, Ask::Answer);
    advance(NEARLY).await;
    assert_eq!(reason(early.poll()), Some(RejectionReason::WaitedTooLong));
    drop(held);
    assert!(is_answered(&mut late));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_in_the_limit_of_the_wait() {
    let mut service = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap().layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Hang);
    drop(held);
    assert!(waiter.poll().is_pending());
    advance(YEAR).await;
    assert!(!waiter.is_woken());
    assert!(waiter.poll().is_pending());
}

#[tokio::test(start_paused = true)]
async fn without_limit_and_deadline_a_wait_lasts_for_ever() {
    let mut service = queue(1, 1).layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    advance(100 * YEAR).await;
    assert!(waiter.poll().is_pending());
    drop(held);
    assert!(is_answered(&mut waiter));
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_only_if_its_deadline_leaves_time() {
    for (left, waits) in [(2 * MILLI, true), (MILLI, false), (MILLI / 2, false)] {
        let layer = BulkheadLayer::builder(1).max_wait(LONG).build().unwrap();
        let mut service = layer.layer(inner());
        let held = begin(&mut service, Ask::Hang);
        let deadline = Deadline::after(left);
        advance(MILLI).await;
        let mut late = spawn(deadline.scope(service.call(Ask::Answer)));
        assert_eq!(late.poll().is_pending(), waits, "{left:?} left a millisecond ago");
        assert_eq!(layer.handle().queued(), usize::from(waits));
        drop(held);
        assert!(!waits || matches!(late.poll(), Poll::Ready(Ok(7))));
    }
}

#[test]
fn neither_a_wait_of_zero_nor_one_without_limit_needs_a_timer() {
    let mut service = BulkheadLayer::builder(1).max_wait(Duration::ZERO).build().unwrap().layer(inner());
    let _held = begin(&mut service, Ask::Hang);
    assert_eq!(reason(call(&mut service, Ask::Answer).poll()), Some(RejectionReason::WaitedTooLong));
    let mut service = queue(1, 1).layer(inner());
    let held = begin(&mut service, Ask::Hang);
    let mut waiter = begin(&mut service, Ask::Answer);
    drop(held);
    assert!(is_answered(&mut waiter));
}

/// A burst of calls to a service that hangs, for three places: how many were sent, and how many were rejected as too late.
async fn burst<S>(layer: impl Layer<Inner, Service = S>, timeout: Duration) -> (usize, usize)
where
    S: Service<Ask, Response = u32, Error = Error, Future: Send> + Clone + Send + 'static,
{
    let service = inner();
    let sent = service.calls();
    let service = TimeoutLayer::new(timeout).layer(layer.layer(service));
    let calls: Vec<_> = (0..200).map(|_| tokio::spawn(service.clone().oneshot(Ask::Hang))).collect();
    let mut late = 0;
    for call in calls {
        let result = call.await.expect("no call panics");
        late += usize::from(crate::support::reason(&result) == Some(RejectionReason::WaitedTooLong));
    }
    (sent.count(), late)
}

#[tokio::test(start_paused = true)]
async fn a_burst_to_a_hung_service_is_not_sent_at_its_deadline() {
    let queue = || BulkheadLayer::builder(3).max_queue(1000);
    assert_eq!(burst(queue().build().unwrap(), LONG).await, (3, 197));
    assert_eq!(burst(queue().per_key(|_: &Ask| ()).build().unwrap(), LONG).await, (3, 197), "per key");
}

#[tokio::test(start_paused = true)]
async fn a_place_that_comes_at_the_end_of_the_wait_goes_on() {
    for pause in [LONG, 2 * LONG] {
        for (max_wait, left) in [(LONG, YEAR), (YEAR, LONG)] {
            let layer = BulkheadLayer::builder(1).max_wait(max_wait).max_queue(2).build().unwrap();
            let service = inner();
            let sent = service.calls();
            let mut service = layer.layer(service);
            let held = begin(&mut service, Ask::Hang);
            let mut late = spawn(Deadline::after(left).scope(service.call(Ask::Answer)));
            assert!(late.poll().is_pending());
            advance(pause).await;
            let mut next = begin(&mut service, Ask::Answer);
            drop(held);
            assert_eq!(reason(late.poll()), Some(RejectionReason::WaitedTooLong));
            assert!(next.is_woken() && is_answered(&mut next));
            assert_eq!((sent.count(), layer.handle().in_flight()), (2, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_waited_too_long_counts_for_no_circuit() {
    let breaker = CircuitBreakerLayer::builder("circuit").build().unwrap();
    let queue = BulkheadLayer::builder(3).max_queue(1000).build().unwrap();
    burst((breaker.clone(), queue), LONG).await;
    assert_eq!(breaker.handle().snapshot().counts.calls, 3);
}
