use super::*;

struct Handles {
    circuit: CircuitHandle,
    places: palisade::BulkheadHandle,
    budget: Budget,
}

impl Handles {
    fn assert_at_rest(&self) {
        assert_eq!((self.places.in_flight(), self.places.queued()), (0, 0));
        assert_eq!(self.budget.available(), 100);
    }
}

type Boxed = BoxCloneSyncService<u32, u32, Error>;

/// The stack of the README; its circuit opens at five failures in a row.
fn stack<S>(service: S) -> (Boxed, Handles)
where
    S: Service<u32, Response = u32, Error = Down> + Clone + Send + Sync + 'static,
    S::Future: Send,
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
async fn a_healthy_call_leaves_every_layer_at_rest() {
    let service = up();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    assert_eq!(call(&stack, 7).await.unwrap(), 7);
    assert_eq!((calls.count(), counted(&handles.circuit)), (1, (1, 0)));
    assert_eq!(handles.circuit.phase(), Phase::Closed);
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_every_layer_at_rest() {
    let (stack, handles) = stack(hung());
    let mut dropped = task::spawn(stack.oneshot(7));
    assert_pending!(dropped.poll());
    assert_eq!(handles.places.in_flight(), 1);
    drop(dropped);
    assert_eq!((handles.circuit.phase(), counted(&handles.circuit)), (Phase::Closed, (0, 0)));
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_polled_leaves_every_layer_at_rest() {
    let (mut stack, handles) = stack(up());
    drop(stack.ready().await.unwrap().call(7));
    assert_eq!((handles.circuit.phase(), counted(&handles.circuit)), (Phase::Closed, (0, 0)));
    handles.assert_at_rest();
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
    let (stack, handles) = stack(service);
    let started = now();
    for _ in 0..3 {
        assert_eq!(call(&stack, 7).await.unwrap(), 99);
    }
    assert_eq!((calls.count(), handles.circuit.phase()), (5, Phase::Open));
    assert_eq!((started.elapsed(), handles.places.in_flight()), (5 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_recovers_is_found_out_by_one_probe() {
    let service = scripted([1, 2, 3, 4, 5].map(|n| Err(Down(n))).into_iter().chain([Ok(6), Ok(7)]));
    let calls = service.calls();
    let (stack, handles) = stack(service);
    for _ in 0..2 {
        assert_eq!(call(&stack, 0).await.unwrap(), 99);
    }
    advance(Duration::from_millis(4999)).await;
    assert_eq!(call(&stack, 0).await.unwrap(), 99);
    advance(Duration::from_millis(1)).await;
    assert_eq!(call(&stack, 0).await.unwrap(), 6);
    assert_eq!((calls.count(), handles.circuit.phase()), (6, Phase::Closed));
    assert_eq!(call(&stack, 0).await.unwrap(), 7);
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_answered_for_without_an_execution_or_a_failure() {
    let service = up();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    handles.places.resize(0);
    assert_eq!(call(&stack, 7).await.unwrap(), 99);
    assert_eq!((calls.count(), counted(&handles.circuit)), (0, (0, 0)));
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_kept_if_it_comes_before_the_attempt_is_over() {
    let (stack, handles) = stack(strict(|request| async move {
        sleep(Duration::from_millis(999)).await;
        Ok(request)
    }));
    assert_eq!(call(&stack, 7).await.unwrap(), 7);
    assert_eq!(counted(&handles.circuit), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn clones_share_what_their_layers_hold() {
    let service = down();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    for stack in [stack.clone(), stack.clone(), stack] {
        assert_eq!(stack.oneshot(7).await.unwrap(), 99);
    }
    assert_eq!((calls.count(), handles.circuit.phase()), (5, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn the_stack_answers_through_a_buffer() {
    let service = up();
    let calls = service.calls();
    let (stack, handles) = stack(service);
    let buffered = BufferLayer::new(4).layer(stack);
    assert_eq!(call(&buffered, 7).await.unwrap(), 7);
    assert_eq!(call(&buffered, 8).await.unwrap(), 8);
    assert_eq!((calls.count(), counted(&handles.circuit)), (2, (2, 0)));
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn the_stack_answers_through_a_boxed_clone() {
    let (stack, handles) = stack(up());
    let boxed = BoxCloneService::new(stack);
    assert_eq!(call(&boxed, 7).await.unwrap(), 7);
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn the_stack_answers_through_load_shed() {
    let (stack, handles) = stack(up());
    let shedding = LoadShedLayer::new().layer(stack);
    assert_eq!(call(&shedding, 7).await.unwrap(), 7);
    handles.assert_at_rest();
}

#[tokio::test(start_paused = true)]
async fn the_stack_answers_in_a_task_of_its_own() {
    let (stack, handles) = stack(up());
    assert_eq!(tokio::spawn(stack.oneshot(7)).await.unwrap().unwrap(), 7);
    handles.assert_at_rest();
}
