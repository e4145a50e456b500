use super::*;

/// The phase and the counts of a circuit over a service that never answers, below a timeout of this limit.
async fn cut(circuit: CircuitBreakerLayer, limit: Duration) -> (Phase, (u64, u64, u64)) {
    let handle = circuit.handle();
    let service = TimeoutLayer::new(limit).layer(circuit.layer(hung::<()>()));
    assert!(service.oneshot(()).await.expect_err("nothing answers").is_timeout());
    (handle.phase(), counted(&handle))
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_a_limit_of_ours_counts_by_its_slowness() {
    for (claim, settings, limit, counts) in [
        ("a failure", builder(), SECOND, (1, 1, 0)),
        ("a failure, though the limit is zero", builder(), Duration::ZERO, (1, 1, 0)),
        ("a slow failure after `slow_after`", builder().slow_rate(1.0, SECOND), SECOND + MILLI, (1, 1, 1)),
        ("nothing at `slow_after`", builder().slow_rate(1.0, SECOND), SECOND, (0, 0, 0)),
        ("nothing before `slow_after`", builder().slow_rate(1.0, SECOND), SECOND / 2, (0, 0, 0)),
    ] {
        assert_eq!(cut(settings.build().unwrap(), limit).await.1, counts, "{claim}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_cut_by_a_limit_of_ours_opens_or_frees_its_place() {
    for (settings, phase) in [(touchy(), Phase::Open), (touchy().slow_rate(1.0, 10 * SECOND), Phase::HalfOpen)] {
        let breaker = settings.build().unwrap();
        let circuit = breaker.handle();
        recover(&circuit).await;
        assert_eq!(cut(breaker, SECOND).await.0, phase);
        assert_eq!(circuit.try_enter().is_ok(), phase == Phase::HalfOpen);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_after_a_reset_is_late() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    let mut call = begin(&mut TimeoutLayer::new(SECOND).layer(breaker.layer(hung())), ());
    circuit.reset();
    advance(SECOND).await;
    assert!(matches!(call.poll(), Poll::Ready(Err(_))));
    assert_eq!((circuit.phase(), circuit.snapshot().late), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_guard_of_a_handle_that_a_limit_of_ours_cuts_is_abandoned() {
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
    // Nobody knows whether the service was being waited for.
    assert_eq!(counted(&circuit), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_cut_by_the_deadline_of_its_caller_is_abandoned() {
    for (deadline, counts) in [(SECOND, (0, 0, 0)), (20 * SECOND, (1, 1, 0))] {
        let breaker = builder().build().unwrap();
        let service = TimeoutLayer::new(10 * SECOND).layer(breaker.layer(hung::<()>()));
        let started = now();
        assert!(Deadline::after(deadline).scope(service.oneshot(())).await.unwrap_err().is_timeout());
        assert_eq!(now() - started, deadline.min(10 * SECOND));
        assert_eq!(counted(&breaker.handle()), counts, "{deadline:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_slow_by_its_own_time_is_slow_through_a_service() {
    let breaker = builder().slow_rate(1.0, SECOND).build().unwrap();
    let service = breaker.layer(strict(|duration| sleep(duration).map(Ok::<_, Down>)));
    for (duration, counts) in [(SECOND, (1, 0, 0)), (SECOND + MILLI, (2, 0, 1))] {
        service.clone().oneshot(duration).await.unwrap();
        assert_eq!(counted(&breaker.handle()), counts);
    }
}
