use super::*;

#[tokio::test(start_paused = true)]
async fn a_fallback_outside_retry_answers_after_the_last_attempt() {
    let service = down();
    let calls = service.calls();
    let outside = (FallbackLayer::value(99), retry(3).build().unwrap()).layer(service.clone());
    assert_eq!((outside.oneshot(0).await.unwrap(), calls.count()), (99, 3));
    let inside = (retry(3).build().unwrap(), FallbackLayer::value(99)).layer(service);
    assert_eq!((inside.oneshot(0).await.unwrap(), calls.count()), (99, 4), "inside it makes the first the last");
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
    let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(1));
    let places = bulkhead.handle();
    let by_reason = fallback::function(|failed: Result<&u32, &Error>| {
        Ok::<_, Error>(match failed {
            Err(Error::Rejected(rejection)) if rejection.layer() == "circuit breaker" => 1,
            Err(Error::Rejected(_)) => 2,
            Err(Error::TimedOut(_)) => 3,
            _ => 4,
        })
    });
    let stack = (FallbackLayer::new(by_reason), breaker, bulkhead, TimeoutLayer::new(SECOND)).layer(hung());
    places.resize(0);
    assert_eq!(call(&stack, 0).await.unwrap(), 2);
    places.resize(1);
    assert_eq!(call(&stack, 0).await.unwrap(), 3);
    assert_eq!(call(&stack, 0).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_service_behind_a_breaker_of_its_own_is_spared() {
    let (primary, replica) = (down(), down());
    let calls = (primary.calls(), replica.calls());
    let breaker = consecutive(2).build().unwrap();
    let stack = FallbackLayer::new(fallback::service(breaker.layer(replica))).or(fallback::value(99)).layer(primary);
    for _ in 0..5 {
        assert_eq!(call(&stack, 0).await.unwrap(), 99);
    }
    assert_eq!((calls.0.count(), calls.1.count(), breaker.handle().phase()), (5, 2, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_outside_the_fallback_ends_its_step_too() {
    let started = now();
    let fallback = FallbackLayer::new(fallback::service(hung()));
    let stack = (TimeoutLayer::new(2 * SECOND), fallback, TimeoutLayer::new(SECOND)).layer(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!(started.elapsed(), 2 * SECOND);
}
