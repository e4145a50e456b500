use super::*;

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_below_retry_makes_no_executions() {
    let (service, bulkhead) = (up(), BulkheadLayer::new(1));
    let (calls, places) = (service.calls(), bulkhead.handle());
    let _place = places.try_enter().unwrap();
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(bulkhead).service(service);
    let error = stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), reason(&error)), (0, Some(RejectionReason::Full)));
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_does_not_open_the_breaker_above() {
    let (bulkhead, breaker) = (BulkheadLayer::new(0), consecutive(1).build().unwrap());
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).layer(bulkhead).service(up());
    for _ in 0..5 {
        call(&stack, 0).await.unwrap_err();
    }
    assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_does_not_end_a_run_of_failures() {
    let (bulkhead, breaker) = (BulkheadLayer::new(1), consecutive(2).build().unwrap());
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).service(down());
    call(&stack, 0).await.unwrap_err();
    places.resize(0);
    assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
    places.resize(1);
    call(&stack, 0).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_tried_once() {
    let events = Events::record();
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(BulkheadLayer::new(0)).service(up());
    stack.oneshot(0).await.unwrap_err();
    assert_eq!(events.of("palisade::bulkhead").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_tried_as_often_as_asked_for() {
    let events = Events::record();
    let service = up();
    let calls = service.calls();
    let retry = retry(3).retry_rejected().build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(BulkheadLayer::new(0)).service(service);
    let error = stack.oneshot(0).await.unwrap_err();
    assert_eq!(reason(&error), Some(RejectionReason::Full));
    assert_eq!((events.of("palisade::bulkhead").len(), calls.count()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_costs_the_budget_nothing() {
    let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
    let retry = retry(3).budget(budget.clone()).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(BulkheadLayer::new(0)).service(up());
    stack.oneshot(0).await.unwrap_err();
    assert_eq!(budget.available(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_a_full_bulkhead_rejects_gives_its_place_back() {
    let (bulkhead, breaker) = (BulkheadLayer::new(0), consecutive(1).build().unwrap());
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    circuit.try_enter().unwrap().failure();
    advance(5 * SECOND).await;
    let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).service(up());
    assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    places.resize(1);
    assert_eq!(call(&stack, 1).await.unwrap(), 1);
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_below_retry_is_free_between_attempts() {
    let bulkhead = BulkheadLayer::new(1);
    let places = bulkhead.handle();
    let retry = retry(2).backoff(Backoff::constant(SECOND)).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(bulkhead).service(down());
    let mut waiting = task::spawn(stack.oneshot(0));
    assert_pending!(waiting.poll());
    assert_eq!(places.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_above_retry_is_held_between_attempts() {
    let (service, bulkhead) = (down(), BulkheadLayer::new(1));
    let (calls, places) = (service.calls(), bulkhead.handle());
    let retry = retry(2).backoff(Backoff::constant(SECOND)).build().unwrap();
    let stack = ServiceBuilder::new().layer(bulkhead).layer(retry).service(service);
    let mut waiting = task::spawn(stack.clone().oneshot(0));
    assert_pending!(waiting.poll());
    assert_eq!(reason(&call(&stack, 0).await.unwrap_err()), Some(RejectionReason::Full));
    assert_eq!((places.in_flight(), calls.count()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_below_a_bulkhead_holds_no_place() {
    let (bulkhead, breaker) = (BulkheadLayer::new(1), consecutive(1).build().unwrap());
    let (places, circuit) = (bulkhead.handle(), breaker.handle());
    circuit.force_open();
    let stack = ServiceBuilder::new().layer(bulkhead).layer(breaker).service(up());
    for _ in 0..3 {
        let error = call(&stack, 0).await.unwrap_err();
        assert_eq!((reason(&error), places.in_flight()), (Some(RejectionReason::ForcedOpen), 0));
    }
}
