use super::*;

#[tokio::test(start_paused = true)]
async fn three_attempts_inside_the_breaker_count_one_failure() {
    let (service, breaker) = (down(), consecutive(10).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(breaker).layer(retry(3).build().unwrap()).service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), counted(&circuit)), (3, (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn three_attempts_outside_the_breaker_count_three_failures() {
    let (service, breaker) = (down(), consecutive(10).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), counted(&circuit)), (3, (3, 3)));
}

#[tokio::test(start_paused = true)]
async fn the_circuit_stops_seven_attempts_after_three_executions() {
    let (service, breaker) = (failures(7), CircuitBreakerLayer::consecutive(3));
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase(), circuit.snapshot().rejected), (3, Phase::Open, 1));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_the_circuit_stopped_end_with_the_last_error_of_the_service() {
    let breaker = CircuitBreakerLayer::consecutive(3);
    let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(failures(7));
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(3)));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_the_circuit_stopped_after_timeouts_end_with_the_timeout() {
    let stack = ServiceBuilder::new()
        .layer(retry(7).build().unwrap())
        .layer(consecutive(3).build().unwrap())
        .layer(TimeoutLayer::new(SECOND))
        .service(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
}

#[tokio::test(start_paused = true)]
async fn the_event_names_the_rejection_that_stopped_the_retrying() {
    let events = Events::record();
    let breaker = CircuitBreakerLayer::consecutive(3);
    let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(down());
    stack.oneshot(0).await.unwrap_err();
    let of_retry = events.of("palisade::retry");
    let last = of_retry.last().unwrap();
    assert_eq!((last.field("reason"), last.field("attempt")), ("rejected", "4"));
    assert!(last.field("rejection").contains("circuit"), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn seven_attempts_inside_a_breaker_of_three_make_seven_executions() {
    let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(3));
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(breaker).layer(retry(7).build().unwrap()).service(service);
    stack.oneshot(0).await.unwrap_err();
    let counts = circuit.snapshot().counts;
    assert_eq!((calls.count(), circuit.phase(), counts.consecutive), (7, Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn exactly_as_many_attempts_as_open_the_circuit_are_all_executed() {
    let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(3));
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase(), circuit.snapshot().rejected), (3, Phase::Open, 0));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_was_open_before_gives_its_rejection_and_no_execution() {
    let (service, breaker) = (down(), CircuitBreakerLayer::consecutive(1));
    let (calls, circuit) = (service.calls(), breaker.handle());
    circuit.try_enter().unwrap().failure();
    let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
    let error = stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), reason(&error)), (0, Some(RejectionReason::CircuitOpen)));
    assert_eq!(circuit.snapshot().rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn a_success_in_the_second_attempt_counts_one_failure_and_one_success() {
    let (service, breaker) = (scripted([Err(Down(1)), Ok(2)]), consecutive(2).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(breaker).service(service);
    assert_eq!(stack.oneshot(0).await.unwrap(), 2);
    assert_eq!((calls.count(), counted(&circuit), circuit.phase()), (2, (2, 1), Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_one_probe_when_the_probe_fails() {
    let (service, breaker) = (failures(7), consecutive(1).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    circuit.try_enter().unwrap().failure();
    advance(5 * SECOND).await;
    let stack = ServiceBuilder::new().layer(retry(7).build().unwrap()).layer(breaker).service(service);
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
    assert_eq!((calls.count(), circuit.phase()), (1, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_was_asked_to_waits_for_the_circuit_to_let_a_probe_through() {
    let (service, breaker) = (scripted([Err(Down(1)), Ok(2)]), consecutive(1).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let retry = retry(3).retry_rejected().build().unwrap();
    let started = now();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(service);
    assert_eq!(stack.oneshot(0).await.unwrap(), 2);
    assert_eq!((calls.count(), circuit.phase(), started.elapsed()), (2, Phase::Closed, 5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_retry_of_rejections_that_ends_with_one_returns_what_the_service_said() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let retry = retry(2).retry_rejected().build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(failures(1));
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
    assert_eq!(circuit.snapshot().rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_forced_open_between_attempts_stops_the_next() {
    let (service, breaker) = (failures(3), consecutive(10).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let retry = retry(3).backoff(Backoff::constant(SECOND)).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(service);
    let mut call = task::spawn(stack.oneshot(0));
    assert_pending!(call.poll());
    circuit.force_open();
    advance(SECOND).await;
    assert_eq!(assert_ready_err!(call.poll()).downcast_ref(), Some(&Down(1)));
    assert_eq!(calls.count(), 1);
}
