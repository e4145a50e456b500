use super::*;

#[tokio::test(start_paused = true)]
async fn an_outermost_fallback_answers_for_an_open_circuit() {
    let (service, breaker) = (up(), consecutive(1).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    circuit.try_enter().unwrap().failure();
    let stack = ServiceBuilder::new().layer(FallbackLayer::value(99)).layer(breaker).service(service);
    assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outermost_fallback_answers_for_a_full_bulkhead() {
    let service = up();
    let calls = service.calls();
    let layers = (FallbackLayer::value(99), BulkheadLayer::new(0));
    assert_eq!((layers.layer(service).oneshot(0).await.unwrap(), calls.count()), (99, 0));
}

#[tokio::test(start_paused = true)]
async fn an_outermost_fallback_answers_for_a_wait_that_took_too_long() {
    let bulkhead = BulkheadLayer::builder(0).max_wait(SECOND).max_queue(1).build().unwrap();
    let started = now();
    let stack = (FallbackLayer::value(99), bulkhead).layer(up());
    assert_eq!((stack.oneshot(0).await.unwrap(), started.elapsed()), (99, SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_outermost_fallback_answers_for_a_timeout() {
    let started = now();
    let stack = (FallbackLayer::value(99), TimeoutLayer::new(SECOND)).layer(hung());
    assert_eq!((stack.oneshot(0).await.unwrap(), started.elapsed()), (99, SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_outermost_fallback_answers_when_the_attempts_are_used_up() {
    let service = down();
    let calls = service.calls();
    let stack = (FallbackLayer::value(99), retry(3).build().unwrap()).layer(service);
    assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 3));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_inside_retry_makes_the_first_attempt_the_last() {
    let service = down();
    let calls = service.calls();
    let stack = (retry(3).build().unwrap(), FallbackLayer::value(99)).layer(service);
    assert_eq!((stack.oneshot(0).await.unwrap(), calls.count()), (99, 1));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_inside_the_breaker_hides_every_failure_from_it() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = (breaker, FallbackLayer::value(99)).layer(down());
    for _ in 0..3 {
        assert_eq!(call(&stack, 0).await.unwrap(), 99);
    }
    assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (3, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_by_function_tells_the_reasons_apart() {
    let breaker = consecutive(1).build().unwrap();
    let (circuit, bulkhead) = (breaker.handle(), BulkheadLayer::new(1));
    let places = bulkhead.handle();
    let by_reason = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Error>(match failed {
            Err(Error::Rejected(rejection)) if rejection.layer() == "circuit breaker" => 1,
            Err(Error::Rejected(_)) => 2,
            Err(Error::TimedOut(_)) => 3,
            _ => 4,
        })
    });
    let stack = ServiceBuilder::new()
        .layer(FallbackLayer::new(by_reason))
        .layer(breaker)
        .layer(bulkhead)
        .layer(TimeoutLayer::new(SECOND))
        .service(hung());
    places.resize(0);
    assert_eq!(call(&stack, 0).await.unwrap(), 2);
    places.resize(1);
    assert_eq!(call(&stack, 0).await.unwrap(), 3);
    assert_eq!(call(&stack, 0).await.unwrap(), 1);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_service_behind_a_breaker_of_its_own_is_spared_when_it_fails_too() {
    let (primary, replica) = (down(), down());
    let calls = (primary.calls(), replica.calls());
    let breaker = consecutive(2).build().unwrap();
    let circuit = breaker.handle();
    let layer = FallbackLayer::new(fallback::service(breaker.layer(replica))).or(fallback::value(99));
    let stack = layer.layer(primary);
    for _ in 0..5 {
        assert_eq!(call(&stack, 0).await.unwrap(), 99);
    }
    assert_eq!((calls.0.count(), calls.1.count(), circuit.phase()), (5, 2, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_is_rejected_after_the_primary_was_sent_is_no_rejection() {
    let replica = BulkheadLayer::new(0).layer(up());
    let stack = FallbackLayer::new(fallback::service(replica)).layer(down());
    let error = stack.oneshot(7).await.unwrap_err();
    assert_eq!(error.rejection(), None);
    let failed = error.downcast_ref::<FallbackError>().unwrap();
    assert_eq!(failed.before().and_then(Error::downcast_ref), Some(&Down(7)));
    assert_eq!(reason(failed.error()), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_outside_the_fallback_ends_its_step_too() {
    let started = now();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(2 * SECOND))
        .layer(FallbackLayer::new(fallback::service(hung())))
        .layer(TimeoutLayer::new(SECOND))
        .service(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!(started.elapsed(), 2 * SECOND);
}
