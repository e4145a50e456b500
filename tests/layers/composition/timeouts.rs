use super::*;

/// A stack with this breaker in it, over a service that never answers.
type Stack = fn(Hung<u32>, CircuitBreakerLayer) -> Boxed;

fn limit(seconds: f32) -> TimeoutLayer {
    TimeoutLayer::new(Duration::from_secs_f32(seconds))
}

fn seven() -> RetryLayer {
    retry(7).build().unwrap()
}

/// Of a call through a stack whose breaker opens at so many failures: the executions, the seconds that it took, and the phase
/// and the counts of the circuit.
async fn ends(trips_at: u32, stack: Stack) -> (usize, f32, Phase, (u64, u64)) {
    let (service, breaker) = (hung(), consecutive(trips_at).build().unwrap());
    let (calls, circuit, started) = (service.calls(), breaker.handle(), now());
    stack(service, breaker).oneshot(0).await.unwrap_err();
    (calls.count(), started.elapsed().as_secs_f32(), circuit.phase(), counted(&circuit))
}

#[tokio::test(start_paused = true)]
async fn a_timeout_bounds_what_is_below_it_and_opens_the_circuit() {
    let attempt_inside: Stack = |hung, breaker| Boxed::new((seven(), breaker, limit(1.0)).layer(hung));
    let attempt_outside: Stack = |hung, breaker| Boxed::new((seven(), limit(1.0), breaker).layer(hung));
    let in_an_attempt: Stack = |hung, breaker| Boxed::new((limit(2.5), seven(), breaker, limit(1.0)).layer(hung));
    let after_an_attempt: Stack = |hung, breaker| Boxed::new((limit(3.0), seven(), breaker, limit(1.0)).layer(hung));
    let each_alone: Stack = |hung, breaker| Boxed::new((breaker, seven(), limit(2.5)).layer(hung));
    let total_alone: Stack = |hung, breaker| Boxed::new((limit(1.0), seven(), breaker).layer(hung));
    for (claim, trips_at, stack, expected) in [
        ("of an attempt, inside the breaker", 3, attempt_inside, (3, 3.0, Phase::Open, (0, 0))),
        ("of an attempt, outside the breaker", 3, attempt_outside, (3, 3.0, Phase::Open, (0, 0))),
        ("of all attempts, within one", 10, in_an_attempt, (3, 2.5, Phase::Closed, (1, 1))),
        ("of all attempts, at the end of one", 10, after_an_attempt, (3, 3.0, Phase::Closed, (1, 1))),
        ("of each attempt alone", 10, each_alone, (7, 17.5, Phase::Closed, (1, 1))),
        ("of all attempts, alone", 1, total_alone, (1, 1.0, Phase::Open, (0, 0))),
    ] {
        assert_eq!(ends(trips_at, stack).await, expected, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_timeout_above_the_breaker_is_the_callers() {
    let foreign = || tower::timeout::TimeoutLayer::new(SECOND);
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let error = (foreign(), &breaker).layer(hung()).oneshot(0).await.unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>());
    assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
    let error = (&breaker, foreign()).layer(hung()).oneshot(0).await.unwrap_err();
    assert!(error.downcast_ref::<tower::timeout::error::Elapsed>().is_some());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_the_queue_uses_up_the_total_time() {
    let (service, bulkhead) = (hung(), BulkheadLayer::builder(1).max_queue(1).build().unwrap());
    let (calls, places) = (service.calls(), bulkhead.handle());
    let place = places.try_enter().unwrap();
    let started = now();
    let mut queued = begin(&mut (limit(3.0), bulkhead).layer(service), 0);
    advance(2 * SECOND).await;
    drop(place);
    assert!(queued.is_woken());
    assert!(queued.poll().is_pending());
    assert_eq!(calls.count(), 1);
    advance(SECOND).await;
    assert!(matches!(queued.poll(), Poll::Ready(Err(Error::TimedOut(_)))));
    assert_eq!((started.elapsed(), places.in_flight()), (3 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_total_timeout_ends_opens_nothing() {
    let (service, breaker) = (up(), consecutive(1).build().unwrap());
    let bulkhead = BulkheadLayer::builder(0).max_queue(1).build().unwrap();
    let (calls, circuit, places) = (service.calls(), breaker.handle(), bulkhead.handle());
    let result = (limit(1.0), seven(), breaker, bulkhead).layer(service).oneshot(0).await;
    assert_eq!((reason(&result), calls.count()), (Some(RejectionReason::WaitedTooLong), 0));
    assert_eq!((circuit.phase(), counted(&circuit), places.queued()), (Phase::Closed, (0, 0), 0));
}
