use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_below_costs_and_counts_nothing() {
    for (asked_for, tries) in [(false, 1), (true, 3)] {
        let (service, bulkhead, breaker) = (up(), BulkheadLayer::new(0), consecutive(1).build().unwrap());
        let (calls, circuit) = (service.calls(), breaker.handle());
        let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
        let retry = retry(3).budget(budget.clone());
        let retry = if asked_for { retry.retry_rejected() } else { retry };
        let events = EventLog::of_thread();
        let stack = ServiceBuilder::new().layer(retry.build().unwrap()).layer(breaker).layer(bulkhead);
        let result = stack.service(service).oneshot(0).await;
        assert_eq!((reason(&result), calls.count()), (Some(RejectionReason::Full), 0));
        assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
        assert_eq!((events.of("palisade::bulkhead").len(), budget.available()), (tries, 6 - tries as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_is_held_between_attempts_only_above_the_retry() {
    let retry = || retry(2).backoff(Backoff::constant(SECOND)).build().unwrap();
    let (above, below) = (BulkheadLayer::new(1), BulkheadLayer::new(1));
    let service = down();
    let calls = service.calls();
    let stack = ServiceBuilder::new().layer(&above).layer(retry()).layer(&below).service(service);
    let _waiting = begin(&mut stack.clone(), 0);
    assert_eq!((above.handle().in_flight(), below.handle().in_flight()), (1, 0));
    assert_eq!((rejected_by(&call(&stack, 0).await), calls.count()), ("bulkhead", 1));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_below_a_bulkhead_holds_no_place() {
    let (bulkhead, breaker) = (BulkheadLayer::new(1), consecutive(1).build().unwrap());
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    circuit.force_open();
    let stack = (bulkhead, breaker).layer(up());
    for _ in 0..3 {
        let result = call(&stack, 0).await;
        assert_eq!((reason(&result), places.in_flight()), (Some(RejectionReason::ForcedOpen), 0));
    }
}
