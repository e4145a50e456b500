use super::*;

#[tokio::test(start_paused = true)]
async fn a_rejection_comes_through_a_buffer_whole() {
    let breaker = consecutive(1).build().unwrap();
    breaker.handle().force_open();
    let result = (retry(3).build().unwrap(), BufferLayer::new(4), breaker).layer(up()).oneshot(0).await;
    assert_eq!((reason(&result), rejected_by(&result)), (Some(RejectionReason::ForcedOpen), "circuit"));
}

#[tokio::test(start_paused = true)]
async fn attempts_through_a_buffer_stop_at_an_open_circuit() {
    let (service, breaker) = (coded(&[1, 2, 3, 4]), consecutive(3).build().unwrap());
    let calls = service.calls();
    let result = (retry(7).build().unwrap(), BufferLayer::new(4), breaker).layer(service).oneshot(0).await;
    assert_eq!((code(&result), calls.count()), (3, 3));
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
        Error::Service(error) => assert_eq!(error.downcast_ref(), Some(&Down(1))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_comes_out_of_load_shed_whole() {
    let breaker = consecutive(1).build().unwrap();
    breaker.handle().force_open();
    // The inner service is never ready, but while the circuit is open nobody asks it.
    let unready = up().stalled();
    let error = (LoadShedLayer::new(), breaker).layer(unready).oneshot(0).await.unwrap_err();
    assert_eq!(Error::from(error).rejection().map(Rejection::reason), Some(RejectionReason::ForcedOpen));
}

#[tokio::test(start_paused = true)]
async fn load_shed_below_the_breaker_sheds_what_is_not_ready() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = (breaker, LoadShedLayer::new()).layer(up().stalled());
    assert!(stack.oneshot(0).await.unwrap_err().downcast_ref::<Overloaded>().is_some());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_reaches_through_a_buffer_to_the_circuit() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = (TimeoutLayer::new(SECOND), BufferLayer::new(4), breaker).layer(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn towers_concurrency_limit_below_holds_no_place() {
    let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(2));
    let places = bulkhead.handle();
    let stack = (breaker, bulkhead, tower::limit::ConcurrencyLimitLayer::new(1)).layer(hung());
    let mut first = tokio_test::task::spawn(stack.clone().oneshot(0));
    let mut second = tokio_test::task::spawn(stack.oneshot(0));
    assert!(first.poll().is_pending());
    assert!(second.poll().is_pending());
    assert_eq!(places.in_flight(), 1);
    drop(first);
    assert!(second.is_woken());
    assert!(second.poll().is_pending());
    assert_eq!(places.in_flight(), 1);
}
