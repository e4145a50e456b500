//! Clones of services: readied before they are called, idle without holding anything.

use super::*;

#[tokio::test(start_paused = true)]
async fn retry_readies_the_clone_that_it_calls() {
    let inner = down();
    let calls = inner.calls();
    retry().max_attempts(4).build().unwrap().layer(inner).oneshot(()).await.unwrap_err();
    assert_eq!(calls.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_queueing_bulkhead_readies_the_clone_that_it_calls() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    call_twice(bulkhead.layer(up())).await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_that_covers_readiness_readies_the_clone_that_it_calls() {
    call_twice(TimeoutLayer::new(SECOND).cover_readiness().layer(up())).await;
}

#[tokio::test(start_paused = true)]
async fn a_fallback_service_is_readied_before_it_is_called() {
    call_twice(FallbackLayer::new(fallback::service(up())).layer(down())).await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_place_of_a_bulkhead() {
    let bulkhead = BulkheadLayer::new(1);
    let mut idle = bulkhead.layer(up());
    idle.ready().await.unwrap();
    assert_eq!(bulkhead.handle().in_flight(), 0);
    bulkhead.layer(up()).oneshot(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_place_of_a_queueing_bulkhead() {
    let bulkhead = BulkheadLayer::builder(1).max_queue(0).build().unwrap();
    let mut idle = bulkhead.layer(up());
    idle.ready().await.unwrap();
    assert_eq!(bulkhead.handle().in_flight(), 0);
    bulkhead.layer(up()).oneshot(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_clone_holds_no_probe() {
    let breaker = touchy().build().unwrap();
    enter(&breaker.handle()).failure();
    open_time(&breaker.handle()).await;
    drop(enter(&breaker.handle()));
    let mut idle = breaker.layer(up());
    idle.ready().await.unwrap();
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!(breaker.handle().phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_stack_starves_nobody() {
    let breaker = touchy().build().unwrap();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND))
        .layer(retry().build().unwrap())
        .layer(&breaker)
        .layer(BulkheadLayer::new(1))
        .service(up());
    let mut idle: Vec<_> = (0..10).map(|_| stack.clone()).collect();
    for service in &mut idle {
        service.ready().await.unwrap();
    }
    stack.oneshot(()).await.unwrap();
}
