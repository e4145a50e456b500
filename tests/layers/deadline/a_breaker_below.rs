use super::*;

/// A breaker that opens at the first failure.
fn brittle() -> (CircuitBreakerLayer, CircuitHandle) {
    let layer = CircuitBreakerLayer::consecutive(1);
    let handle = layer.handle();
    (layer, handle)
}

/// What a circuit counts by the rate, which shows each call.
fn counting() -> (CircuitBreakerLayer, CircuitHandle) {
    let layer = CircuitBreakerLayer::builder("breaker").build().unwrap();
    let handle = layer.handle();
    (layer, handle)
}

fn counts(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

#[tokio::test(start_paused = true)]
async fn counts_a_call_that_the_limit_ended_as_a_failure() {
    let (breaker, circuit) = brittle();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
    elapsed(stack.service(stuck()).oneshot(()).await);
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_that_a_carried_deadline_ended() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(10 * SECOND)).layer(breaker);
    elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn above_a_timeout_does_not_count_what_that_ended_at_a_carried_deadline() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(10 * SECOND));
    let ended = elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
    assert!(ended.by_caller());
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn above_a_timeout_counts_what_that_ended_at_its_own_limit() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(SECOND));
    let ended = elapsed(Deadline::after(10 * SECOND).scope(stack.service(stuck()).oneshot(())).await);
    assert!(!ended.by_caller());
    assert_eq!(counts(&circuit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn counts_a_call_that_a_limit_ended_before_a_carried_deadline() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
    elapsed(Deadline::after(10 * SECOND).scope(stack.service(stuck()).oneshot(())).await);
    assert_eq!(counts(&circuit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn counts_a_call_that_the_outer_of_two_limits_ended() {
    let (breaker, circuit) = counting();
    let stack =
        ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(TimeoutLayer::new(10 * SECOND)).layer(breaker);
    elapsed(stack.service(stuck()).oneshot(()).await);
    assert_eq!(counts(&circuit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_that_a_carried_deadline_ended_through_two_timeouts() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(10 * SECOND))
        .layer(TimeoutLayer::new(20 * SECOND))
        .layer(breaker);
    elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn counts_a_call_that_a_limit_around_a_farther_scope_ended() {
    let (breaker, circuit) = counting();
    let inner = ServiceBuilder::new().layer(TimeoutLayer::new(20 * SECOND)).layer(breaker).service(stuck());
    let deadline = Deadline::after(10 * SECOND);
    let service = strict(move |()| deadline.scope(inner.clone().oneshot(())));
    elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
    assert_eq!(counts(&circuit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn counts_a_call_that_a_limit_ended_through_a_scope_of_its_own_deadline() {
    let (breaker, circuit) = counting();
    let inner = ServiceBuilder::new().layer(TimeoutLayer::new(20 * SECOND)).layer(breaker).service(stuck());
    let service = strict(move |()| Deadline::current().unwrap().scope(inner.clone().oneshot(())));
    elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
    assert_eq!(counts(&circuit), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_whose_caller_went_away() {
    let (breaker, circuit) = counting();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
    let mut call = task::spawn(stack.service(stuck()).oneshot(()));
    assert_pending!(call.poll());
    advance(2 * SECOND).await;
    drop(call);
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_that_is_dropped_after_another_ran_out_of_time() {
    let (breaker, circuit) = counting();
    elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
    let mut abandoned = task::spawn(breaker.layer(stuck()).oneshot(()));
    assert_pending!(abandoned.poll());
    drop(abandoned);
    assert_eq!(counts(&circuit), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_call_that_is_dropped_after_an_expiry_that_panicked() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let service = strict(|()| async {
        let _bomb = Bomb;
        pending::<Result<(), Down>>().await
    });
    let mut cut = task::spawn(TimeoutLayer::new(SECOND).layer(service).oneshot(()));
    assert_pending!(cut.poll());
    advance(SECOND).await;
    catch_unwind(AssertUnwindSafe(|| drop(cut.poll()))).unwrap_err();

    let (breaker, circuit) = counting();
    let mut abandoned = task::spawn(breaker.layer(stuck()).oneshot(()));
    assert_pending!(abandoned.poll());
    drop(abandoned);
    assert_eq!(counts(&circuit), (0, 0));
}
