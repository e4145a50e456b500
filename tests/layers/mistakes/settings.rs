//! Settings that are valid do not panic.

use super::*;

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_circuit_breaker_panics() {
    let most = CircuitBreakerLayer::builder("most")
        .failure_rate(1.0)
        .slow_rate(1.0, Duration::MAX)
        .consecutive(u32::MAX)
        .min_calls(u32::MAX)
        .probes(1023)
        .half_open_for(Duration::MAX)
        .open_for(Backoff::constant(Duration::MAX))
        .time_window(Duration::MAX, 1_000);
    let largest_window = CircuitBreakerLayer::builder("window").count_window(1 << 24).min_calls(1 << 24);
    let least = CircuitBreakerLayer::builder("least")
        .failure_rate(f64::MIN_POSITIVE)
        .slow_rate(f64::MIN_POSITIVE, Duration::ZERO)
        .consecutive(1)
        .min_calls(1)
        .probes(1)
        .half_open_for(Duration::ZERO)
        .open_for(Backoff::none())
        .time_window(MILLI, 1);
    for breaker in [most, largest_window, least] {
        let breaker = breaker.build().unwrap();
        call_twice(breaker.layer(up())).await;
        breaker.layer(down()).oneshot(()).await.unwrap_err();
        advance(1_000_000 * SECOND).await;
        breaker.handle().reset();
        call_twice(breaker.layer(up())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_retry_panics() {
    for max_attempts in [1, u32::MAX] {
        let most = RetryLayer::builder("most")
            .max_attempts(max_attempts)
            .backoff(Backoff::constant(Duration::MAX))
            .max_retry_after(Duration::MAX)
            .budget(Budget::builder().capacity(u32::MAX).ratio(1e3).per_second(1e6).build().unwrap());
        let service = most.build().unwrap().layer(down());
        let mut call = task::spawn(service.oneshot(()));
        assert_eq!(call.poll().is_ready(), max_attempts == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_timeout_panics() {
    call_twice(TimeoutLayer::new(Duration::MAX).layer(up())).await;
    call_twice(TimeoutLayer::new(Duration::ZERO).layer(up())).await;
    let mut call = task::spawn(TimeoutLayer::new(Duration::MAX).layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
}

#[tokio::test(start_paused = true)]
async fn no_valid_setting_of_a_bulkhead_panics() {
    call_twice(BulkheadLayer::new(usize::MAX).layer(up())).await;
    call_twice(BulkheadLayer::builder(usize::MAX).max_queue(usize::MAX).build().unwrap().layer(up())).await;
    let queueing = BulkheadLayer::builder(0).max_queue(usize::MAX).max_wait(Duration::MAX).build().unwrap();
    let mut waiting = task::spawn(queueing.layer(up()).oneshot(()));
    assert_pending!(waiting.poll());
    queueing.handle().resize(usize::MAX);
    assert!(assert_ready!(waiting.poll()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_service_poisons_nothing() {
    let (breaker, bulkhead) = (touchy().build().unwrap(), BulkheadLayer::builder(1).max_queue(1).build().unwrap());
    let stack = ServiceBuilder::new().layer(retry().build().unwrap()).layer(&breaker).layer(&bulkhead);
    let broken = || -> Result<(), Down> { panic!("broken") };
    let service = stack.clone().service(strict(move |()| async move { broken() }));
    assert!(AssertUnwindSafe(service.oneshot(())).catch_unwind().await.is_err());
    breaker.handle().reset();
    stack.service(up()).oneshot(()).await.unwrap();
}
