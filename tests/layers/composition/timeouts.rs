use super::*;

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_inside_the_breaker_opens_it_for_a_slow_service() {
    let (service, breaker) = (hung(), consecutive(3).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let started = now();
    let stack = ServiceBuilder::new()
        .layer(retry(7).build().unwrap())
        .layer(breaker)
        .layer(TimeoutLayer::new(SECOND))
        .service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase(), started.elapsed()), (3, Phase::Open, 3 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_timeout_outside_the_breaker_opens_it_too() {
    let (service, breaker) = (hung(), consecutive(3).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new()
        .layer(retry(7).build().unwrap())
        .layer(TimeoutLayer::new(SECOND))
        .layer(breaker)
        .service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!((calls.count(), circuit.phase()), (3, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_outside_retry_bounds_all_attempts() {
    let (service, breaker) = (hung(), consecutive(10).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let started = now();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(5 * SECOND / 2))
        .layer(retry(7).build().unwrap())
        .layer(breaker)
        .layer(TimeoutLayer::new(SECOND))
        .service(service);
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!((calls.count(), started.elapsed()), (3, 5 * SECOND / 2));
    assert_eq!(counted(&circuit), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_that_ends_with_an_attempt_sees_no_further_attempt() {
    let (service, breaker) = (hung(), consecutive(10).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let started = now();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(3 * SECOND))
        .layer(retry(7).build().unwrap())
        .layer(breaker)
        .layer(TimeoutLayer::new(SECOND))
        .service(service);
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!((calls.count(), started.elapsed(), counted(&circuit)), (3, 3 * SECOND, (3, 3)));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_retry_bounds_each_attempt_alone() {
    let service = hung();
    let calls = service.calls();
    let started = now();
    let stack = ServiceBuilder::new()
        .layer(retry(3).build().unwrap())
        .layer(TimeoutLayer::new(5 * SECOND / 2))
        .service(service);
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!((calls.count(), started.elapsed()), (3, 15 * SECOND / 2));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_below_only_a_total_timeout_still_sees_slowness() {
    let (service, breaker) = (hung(), consecutive(2).build().unwrap());
    let (calls, circuit) = (service.calls(), breaker.handle());
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND))
        .layer(retry(3).build().unwrap())
        .layer(breaker)
        .service(service);
    for _ in 0..2 {
        assert!(call(&stack, 0).await.unwrap_err().is_timeout());
    }
    assert_eq!((calls.count(), circuit.phase()), (2, Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_total_timeout_settles_a_call_below_a_bulkhead_and_frees_its_place() {
    let (breaker, bulkhead) = (consecutive(1).build().unwrap(), BulkheadLayer::new(1));
    let (circuit, places) = (breaker.handle(), bulkhead.handle());
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker).layer(bulkhead).service(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is_timeout());
    assert_eq!((circuit.phase(), places.in_flight()), (Phase::Open, 0));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_goes_away_opens_no_circuit() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(3 * SECOND))
        .layer(retry(3).build().unwrap())
        .layer(breaker)
        .layer(TimeoutLayer::new(SECOND))
        .service(hung());
    let mut impatient = task::spawn(stack.oneshot(0));
    assert_pending!(impatient.poll());
    drop(impatient);
    assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_callers_own_opens_no_circuit() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let started = now();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(3 * SECOND)).layer(breaker).service(hung());
    let error = Deadline::after(SECOND).scope(stack.oneshot(0)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!((started.elapsed(), circuit.phase()), (SECOND, Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_timeout_above_the_breaker_is_the_callers_doing() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let foreign = tower::timeout::TimeoutLayer::new(SECOND);
    let stack = ServiceBuilder::new().layer(foreign).layer(breaker).service(hung());
    assert!(stack.oneshot(0).await.unwrap_err().is::<tower::timeout::error::Elapsed>());
    assert_eq!((circuit.phase(), counted(&circuit)), (Phase::Closed, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_foreign_timeout_below_the_breaker_is_a_failure_of_the_service() {
    let breaker = consecutive(1).build().unwrap();
    let circuit = breaker.handle();
    let foreign = tower::timeout::TimeoutLayer::new(SECOND);
    let error = ServiceBuilder::new().layer(breaker).layer(foreign).service(hung()).oneshot(0).await.unwrap_err();
    assert!(error.downcast_ref::<tower::timeout::error::Elapsed>().is_some());
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn the_nearer_of_two_timeouts_ends_the_call() {
    for (outer, inner) in [(SECOND, 3 * SECOND), (3 * SECOND, SECOND)] {
        let started = now();
        let stack = TimeoutLayer::new(outer).layer(TimeoutLayer::new(inner).layer(hung()));
        match stack.oneshot(0).await.unwrap_err() {
            Error::TimedOut(elapsed) => assert_eq!((elapsed.limit(), elapsed.elapsed()), (SECOND, SECOND)),
            other => panic!("{other:?}"),
        }
        assert_eq!(started.elapsed(), SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_would_begin_at_the_total_deadline_is_not_waited_for() {
    let service = failures(2);
    let calls = service.calls();
    let started = now();
    let retry = retry(3).backoff(Backoff::constant(SECOND)).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(retry).service(service);
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(1)));
    assert_eq!((calls.count(), started.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_begins_just_before_the_total_deadline_is_made() {
    let service = failures(2);
    let calls = service.calls();
    let retry = retry(3).backoff(Backoff::constant(Duration::from_millis(999))).build().unwrap();
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(retry).service(service);
    assert_eq!(stack.oneshot(0).await.unwrap_err().downcast_ref(), Some(&Down(2)));
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_sees_the_nearer_of_both_deadlines() {
    let left = Arc::new(Mutex::new(Vec::new()));
    let service = strict({
        let left = Arc::clone(&left);
        move |_: u32| {
            left.lock().unwrap().push(Deadline::current().unwrap().remaining());
            pending::<Result<u32, Down>>()
        }
    });
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(5 * SECOND / 2))
        .layer(retry(7).build().unwrap())
        .layer(TimeoutLayer::new(SECOND))
        .service(service);
    stack.oneshot(0).await.unwrap_err();
    assert_eq!(*left.lock().unwrap(), [SECOND, SECOND, SECOND / 2]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_in_the_queue_uses_up_the_total_time() {
    let (service, bulkhead) = (hung(), BulkheadLayer::builder(1).max_queue(1).build().unwrap());
    let (calls, places) = (service.calls(), bulkhead.handle());
    let stack = ServiceBuilder::new().layer(TimeoutLayer::new(3 * SECOND)).layer(bulkhead).service(service);
    let place = places.try_enter().unwrap();
    let started = now();
    let mut queued = task::spawn(stack.oneshot(0));
    assert_pending!(queued.poll());
    advance(2 * SECOND).await;
    drop(place);
    assert!(queued.is_woken());
    assert_pending!(queued.poll());
    assert_eq!(calls.count(), 1);
    advance(SECOND).await;
    assert!(assert_ready_err!(queued.poll()).is_timeout());
    assert_eq!((started.elapsed(), places.in_flight()), (3 * SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_total_timeout_ends_is_the_bulkheads_rejection_and_opens_nothing() {
    let (service, breaker) = (up(), consecutive(1).build().unwrap());
    let bulkhead = BulkheadLayer::builder(1).max_queue(1).build().unwrap();
    let (calls, circuit, places) = (service.calls(), breaker.handle(), bulkhead.handle());
    let _place = places.try_enter().unwrap();
    let stack = ServiceBuilder::new()
        .layer(TimeoutLayer::new(SECOND))
        .layer(retry(3).build().unwrap())
        .layer(breaker)
        .layer(bulkhead)
        .service(service);
    let error = stack.oneshot(0).await.unwrap_err();
    assert_eq!((reason(&error), calls.count()), (Some(RejectionReason::WaitedTooLong), 0));
    assert_eq!((circuit.phase(), counted(&circuit), places.queued()), (Phase::Closed, (0, 0), 0));
}
