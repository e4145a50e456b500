//! Dropping.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_its_first_poll_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let mut service = told!(breaker);
    service.ready().await.unwrap();
    drop(service.call(oneshot::channel().1));
    assert_eq!(counted(&circuit), (0, 0, 0));
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_in_flight_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let (_answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    assert_eq!(rejection(&circuit).reason(), RejectionReason::ProbesTaken);
    drop(call);
    assert_eq!(counted(&circuit), (0, 0, 0));
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_its_result_is_counted_once() {
    let breaker = builder().build().unwrap();
    let (answer, answered) = oneshot::channel();
    let mut call = task::spawn(told!(breaker).oneshot(answered));
    assert_pending!(call.poll());
    answer.send(Err(Down(1))).unwrap();
    assert!(assert_ready!(call.poll()).is_err());
    drop(call);
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn impatient_callers_do_not_open() {
    let breaker = touchy().build().unwrap();
    for _ in 0..50 {
        let (_answer, answered) = oneshot::channel();
        tokio::time::timeout(SECOND, told!(breaker).oneshot(answered)).await.unwrap_err();
    }
    assert_eq!(breaker.handle().phase(), Phase::Closed);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

/// Counts of a breaker over a service that never answers, below a timeout of this limit.
async fn cut(builder: CircuitBreakerBuilder, limit: Duration) -> (u64, u64, u64) {
    let breaker = builder.build().expect("the settings are legal");
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(limit)).layer(&breaker);
    let result = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await;
    assert!(result.expect_err("nothing answers").is_timeout());
    counted(&breaker.handle())
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_a_limit_of_ours_is_a_failure() {
    assert_eq!(cut(builder(), SECOND).await, (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_a_limit_of_zero_is_a_failure() {
    assert_eq!(cut(builder(), Duration::ZERO).await, (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_later_than_slow_after_is_a_slow_failure() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND + MILLI).await, (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_sooner_than_slow_after_is_abandoned() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND - MILLI).await, (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_at_exactly_slow_after_is_no_slow_failure() {
    assert_eq!(cut(builder().slow_rate(1.0, SECOND), SECOND).await, (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_cut_sooner_than_slow_after_frees_its_place() {
    let breaker = touchy().slow_rate(1.0, 10 * SECOND).build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    let _probe = enter(&circuit);
}

#[tokio::test(start_paused = true)]
async fn a_probe_cut_by_a_limit_of_ours_opens_again() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()).await.unwrap_err();
    assert_eq!(circuit.phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_after_a_reset_is_late() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    let mut call = task::spawn(service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(()));
    assert_pending!(call.poll());
    circuit.reset();
    advance(SECOND).await;
    assert!(assert_ready!(call.poll()).is_err());
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_guard_of_a_handle_cut_by_a_limit_of_ours_is_a_failure() {
    let circuit = circuit(builder());
    let held = circuit.clone();
    let service = strict(move |()| {
        let call = enter(&held);
        async move {
            pending::<()>().await;
            call.success();
            Ok::<_, Down>(())
        }
    });
    TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap_err();
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_the_deadline_of_its_caller_is_abandoned() {
    let breaker = touchy().build().unwrap();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(10 * SECOND)).layer(&breaker);
    let call = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(());
    let started = now();
    let error = Deadline::after(SECOND).scope(call).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(now() - started, SECOND);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_ours_nearer_than_the_deadline_of_the_caller_is_a_failure() {
    let breaker = builder().build().unwrap();
    let service = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(&breaker);
    let call = service.service(strict(|()| pending::<Result<(), Down>>())).oneshot(());
    Deadline::after(10 * SECOND).scope(call).await.unwrap_err();
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_slow_by_its_own_time_is_slow_through_a_service() {
    let breaker = builder().slow_rate(1.0, SECOND).build().unwrap();
    let service = breaker.layer(strict(|duration| sleep(duration).map(Ok::<_, Down>)));
    service.clone().oneshot(SECOND).await.unwrap();
    assert_eq!(counted(&breaker.handle()), (1, 0, 0));
    service.oneshot(SECOND + MILLI).await.unwrap();
    assert_eq!(counted(&breaker.handle()), (2, 0, 1));
}
