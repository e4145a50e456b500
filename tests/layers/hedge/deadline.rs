use super::*;

#[tokio::test(start_paused = true)]
async fn a_hedge_starts_only_before_the_deadline() {
    for (left, sent) in [(11 * MILLI, 2), (10 * MILLI, 1), (9 * MILLI, 1), (Duration::ZERO, 1)] {
        let budget = fixed_budget(1);
        let layer = ten().budget(budget.clone()).build().unwrap();
        let call = Deadline::after(left).scope(send(&layer, &[(50, 200)])).await;
        assert_eq!(call.at.len(), sent, "{left:?} left");
        assert_eq!(budget.available(), 2 - sent as u64, "{left:?} left");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_the_deadline_starts_none() {
    let layer = ten().classify(by_code).build().unwrap();
    assert_eq!(Deadline::after(5 * MILLI).scope(send(&layer, &[(5, 503)])).await, seen(503, &[0], 5));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_whose_service_is_ready_too_late_is_not_sent() {
    let budget = fixed_budget(1);
    let service = hung::<u32>();
    let calls = service.calls();
    let gate = service.readiness([READY]).stalled();
    let layer = ten().max_hedges(2).budget(budget.clone()).build().unwrap();
    let mut call = task::spawn(Deadline::after(20 * MILLI).scope(layer.layer(gate.clone()).oneshot(7)));
    assert_pending!(call.poll());
    advance(10 * MILLI).await;
    assert_pending!(call.poll());
    assert_eq!((gate.polls().count(), budget.available()), (2, 0), "it waits for its service");
    advance(10 * MILLI).await;
    gate.release();
    assert_pending!(call.poll());
    assert_eq!((calls.count(), budget.available()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_ends_all_attempts() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let service = strict(move |_: u32| {
        let held = Arc::clone(&held);
        async move {
            sleep(SECOND).await;
            drop(held);
            Ok::<_, Error>(200)
        }
    });
    let calls = service.calls();
    let stack = (TimeoutLayer::new(50 * MILLI), ten().build().unwrap());
    let start = now();
    elapsed(stack.layer(service).oneshot(7).await);
    assert_eq!((calls.count(), now() - start, Arc::strong_count(&alive)), (2, 50 * MILLI, 1));
}
