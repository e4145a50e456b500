use super::*;

struct Handles {
    circuit: CircuitHandle,
    places: BulkheadHandle,
    budget: Budget,
}

impl Handles {
    /// Nothing is in flight, nothing was spent, and this many calls succeeded.
    fn assert_at_rest(&self, succeeded: u64) {
        assert_eq!((self.places.in_flight(), self.places.queued()), (0, 0));
        assert_eq!((self.circuit.phase(), counted(&self.circuit)), (Phase::Closed, (succeeded, 0)));
        assert_eq!(self.budget.available(), 100);
    }
}

/// The stack of the README; its circuit opens at five failures in a row.
fn stack<S>(service: S) -> (Boxed, Handles)
where
    S: Service<u32, Response = u32, Error: Into<BoxError>, Future: Send> + Clone + Send + Sync + 'static,
{
    let retry = RetryLayer::builder("payments").max_attempts(3).backoff(Backoff::none()).build().unwrap();
    let breaker = consecutive(5).build().unwrap();
    let bulkhead = BulkheadLayer::new(64);
    let handles = Handles { circuit: breaker.handle(), places: bulkhead.handle(), budget: retry.budget().unwrap() };
    let service = ServiceBuilder::new()
        .layer(FallbackLayer::value(99))
        .layer(TimeoutLayer::new(3 * SECOND))
        .layer(retry)
        .layer(breaker)
        .layer(bulkhead)
        .layer(TimeoutLayer::new(SECOND))
        .service(service);
    (BoxCloneSyncService::new(service), handles)
}

#[tokio::test(start_paused = true)]
async fn the_stack_answers_in_whatever_it_is_wrapped_and_is_at_rest() {
    let service = up();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    assert_eq!(call(&stack, 1).await.unwrap(), 1);
    assert_eq!(call(&BufferLayer::new(4).layer(stack.clone()), 2).await.unwrap(), 2);
    assert_eq!(call(&LoadShedLayer::new().layer(stack.clone()), 3).await.unwrap(), 3);
    assert_eq!(tokio::spawn(stack.oneshot(4)).await.unwrap().unwrap(), 4);
    assert_eq!(calls.count(), 4);
    handles.assert_at_rest(4);
}

#[tokio::test(start_paused = true)]
async fn a_late_response_is_kept_if_it_comes_before_the_attempt_ends() {
    let (stack, handles) = stack(strict(|request| async move {
        sleep(999 * MILLI).await;
        Ok::<_, Down>(request)
    }));
    assert_eq!(call(&stack, 7).await.unwrap(), 7);
    handles.assert_at_rest(1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_as_many_executions_as_open_the_circuit() {
    let service = down();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    let mut executions = Vec::new();
    for _ in 0..4 {
        assert_eq!(call(&stack, 7).await.unwrap(), 99);
        executions.push(calls.count());
    }
    assert_eq!((executions, handles.circuit.phase()), (vec![3, 5, 5, 5], Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_slow_service_costs_as_many_executions_as_open_the_circuit() {
    let service = hung();
    let calls = service.calls();
    let ((stack, handles), started) = (stack(service), now());
    for _ in 0..3 {
        assert_eq!(call(&stack, 7).await.unwrap(), 99);
    }
    assert_eq!((calls.count(), handles.circuit.phase()), (5, Phase::Open));
    assert_eq!((started.elapsed(), handles.places.in_flight()), (5 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_recovers_is_found_out_by_one_probe() {
    let service = coded(&[1, 2, 3, 4, 5, 206, 207]);
    let calls = service.calls();
    let (stack, handles) = stack(service);
    for (pause, answer, executions) in [
        (Duration::ZERO, 99, 3),
        (Duration::ZERO, 99, 5),
        (4999 * MILLI, 99, 5),
        (MILLI, 206, 6),
        (Duration::ZERO, 207, 7),
    ] {
        advance(pause).await;
        assert_eq!((call(&stack, 0).await.unwrap(), calls.count()), (answer, executions));
    }
    assert_eq!(handles.circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_answered_for_without_an_execution() {
    let service = up();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    handles.places.resize(0);
    assert_eq!((call(&stack, 7).await.unwrap(), calls.count()), (99, 0));
    handles.assert_at_rest(0);
}
