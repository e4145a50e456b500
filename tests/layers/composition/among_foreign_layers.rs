use super::*;

#[tokio::test(start_paused = true)]
async fn a_rejection_comes_through_a_buffer_whole() {
    let breaker = consecutive(1).build().unwrap();
    breaker.handle().force_open();
    let stack =
        ServiceBuilder::new().layer(retry(3).build().unwrap()).layer(BufferLayer::new(4)).layer(breaker).service(up());
    let error = stack.oneshot(0).await.unwrap_err();
    assert_eq!((reason(&error), name(&error)), (Some(RejectionReason::ForcedOpen), "circuit"));
}

#[tokio::test(start_paused = true)]
async fn attempts_through_a_buffer_stop_at_an_open_circuit() {
    let (service, breaker) = (failures(3), CircuitBreakerLayer::consecutive(3));
    let calls = service.calls();
    let stack = ServiceBuilder::new()
        .layer(retry(7).build().unwrap())
        .layer(BufferLayer::new(4))
        .layer(breaker)
        .service(service);
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(3)));
    assert_eq!(calls.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_stays_flat_through_foreign_layers_between_ours() {
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(3 * SECOND))
        .layer(LoadShedLayer::new())
        .layer(retry(2).build().unwrap())
        .layer(BufferLayer::new(4))
        .layer(consecutive(9).build().unwrap())
        .layer(tower::timeout::TimeoutLayer::new(SECOND))
        .layer(BulkheadLayer::new(1))
        .service(down());
    match stack.oneshot(7).await.unwrap_err() {
        Error::Service(error) => assert_eq!(error.downcast_ref(), Some(&Down(7))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_comes_out_of_load_shed_whole() {
    let stack = LoadShedLayer::new().layer(BulkheadLayer::new(0).layer(up()));
    let error: BoxError = stack.oneshot(0).await.unwrap_err();
    assert_eq!(reason(&Error::from(error)), Some(RejectionReason::Full));
}

#[tokio::test(start_paused = true)]
async fn load_shed_below_the_breaker_sheds_what_is_not_ready() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = (breaker, LoadShedLayer::new()).layer(Unready);
    assert!(stack.oneshot(0).await.unwrap_err().downcast_ref::<Overloaded>().is_some());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_over_a_service_that_is_not_ready_is_not_shed_but_rejected() {
    let breaker = consecutive(1).build().unwrap();
    breaker.handle().force_open();
    let error = (LoadShedLayer::new(), breaker).layer(Unready).oneshot(0).await.unwrap_err();
    assert_eq!(reason(&Error::from(error)), Some(RejectionReason::ForcedOpen));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_reaches_through_a_buffer_to_the_circuit() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND))
        .layer(BufferLayer::new(4))
        .layer(breaker)
        .service(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn towers_concurrency_limit_below_the_breaker_holds_readiness_back_and_no_place() {
    let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(2));
    let places = bulkhead.handle();
    let limit = tower::limit::ConcurrencyLimitLayer::new(1);
    let stack = ServiceBuilder::new().layer(breaker).layer(bulkhead).layer(limit).service(hung());
    let (mut first, mut second) = (task::spawn(stack.clone().oneshot(0)), task::spawn(stack.oneshot(0)));
    assert_pending!(first.poll());
    assert_pending!(second.poll());
    assert_eq!(places.in_flight(), 1);
    drop(first);
    assert!(second.is_woken());
    assert_pending!(second.poll());
    assert_eq!(places.in_flight(), 1);
}

/// Never ready.
#[derive(Clone, Debug)]
struct Unready;

impl Service<u32> for Unready {
    type Response = u32;
    type Error = Down;
    type Future = Pending<Result<u32, Down>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Down>> {
        std::task::Poll::Pending
    }

    fn call(&mut self, _: u32) -> Self::Future {
        panic!("it was never ready")
    }
}
