use std::iter::repeat;

use tokio_test::task::spawn;

use super::*;

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_ready_without_a_look_at_the_service() {
    let (breaker, gate) = (touchy().build().unwrap(), up::<()>().stalled());
    let mut service = breaker.layer(gate.clone());
    for set in [|circuit: &CircuitHandle| fail(circuit, 1), CircuitHandle::force_open] {
        set(&breaker.handle());
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    }
    assert_eq!(gate.polls().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_circuit_is_as_ready_as_its_service() {
    let mut service = touchy().build().unwrap().layer(up::<()>().readiness([Poll::Pending]));
    assert!(poll_ready(&mut service).is_pending());
    assert!(poll_ready(&mut service).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_call_let_through_looks_at_the_readiness_once() {
    for (readiness, reason, phase, rejected) in [
        (READY, None, Phase::Closed, 0),
        (Poll::Pending, Some(RejectionReason::NotReady), Phase::HalfOpen, 1),
        (FAILS, None, Phase::Open, 0),
    ] {
        let (breaker, gate) = (touchy().build().unwrap(), up::<()>().readiness([readiness]));
        let (mut service, circuit) = (breaker.layer(gate.clone()), breaker.handle());
        fail(&circuit, 1);
        assert!(poll_ready(&mut service).is_ready());
        advance(SECOND).await;
        let result = service.call(()).await;
        assert_eq!(gate.polls().count(), 1, "{readiness:?}");
        assert_eq!(result.is_ok(), readiness == READY);
        assert_eq!(result.as_ref().err().and_then(Error::downcast_ref), (readiness == FAILS).then_some(&Down(3)));
        assert_eq!((self::reason(&result), circuit.phase()), (reason, phase), "{readiness:?}");
        assert_eq!((circuit.snapshot().rejected, counted(&circuit).0), (rejected, 0), "{readiness:?}");
        // A place that was given back is free, and the service is polled anew before the next call.
        circuit.reset();
        service.ready().await.unwrap().call(()).await.unwrap();
        assert_eq!(gate.polls().count(), 2, "{readiness:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_as_not_ready_says_who_refused_and_no_time() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(up::<()>().stalled());
    recover(&breaker.handle()).await;
    let error = service.call(()).await.unwrap_err();
    let rejection = error.rejection().unwrap();
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::NotReady, None));
    let _probe = enter(&breaker.handle());
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_service_is_not_ready_is_not_abandoned() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(up::<()>().stalled());
    recover(&breaker.handle()).await;
    for _ in 0..3 {
        assert_eq!(reason(&service.call(()).await), Some(RejectionReason::NotReady));
        advance(30 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_readiness_in_a_call_leaves_no_task_to_wake() {
    let (breaker, gate) = (touchy().build().unwrap(), up::<()>().stalled());
    let mut task = spawn(breaker.layer(gate.clone()));
    fail(&breaker.handle(), 1);
    assert!(task.enter(|cx, mut service| service.poll_ready(cx)).is_ready());
    advance(SECOND).await;
    let result = task.enter(|cx, mut service| service.call(()).poll_unpin(cx));
    assert!(matches!(result, Poll::Ready(result) if reason(&result) == Some(RejectionReason::NotReady)));
    gate.release();
    assert_eq!((gate.polls().count(), task.is_woken()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn a_service_readied_while_open_calls_once_closed() {
    for close in [CircuitHandle::reset, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        for open in [|circuit: &CircuitHandle| fail(circuit, 1), CircuitHandle::force_open] {
            let breaker = touchy().build().unwrap();
            let mut service = breaker.layer(up());
            open(&breaker.handle());
            let service = service.ready().await.unwrap();
            close(&breaker.handle());
            service.call(()).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_errors_are_returned_and_open() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(up::<()>().readiness(repeat(FAILS)));
    for _ in 0..20 {
        let error = service.ready().await.map(drop).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(3)));
    }
    assert_eq!((breaker.handle().phase(), breaker.handle().snapshot().late), (Phase::Open, 0));
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_in_half_open_counts_as_a_failed_probe() {
    let breaker = touchy().probes(3).build().unwrap();
    let circuit = breaker.handle();
    recover(&circuit).await;
    drop(enter(&circuit));
    breaker.layer(up::<()>().readiness(repeat(FAILS))).ready().await.map(drop).unwrap_err();
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn while_all_probes_are_taken_the_service_is_not_asked() {
    let events = EventLog::of_thread();
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    recover(&circuit).await;
    let _probe = enter(&circuit);
    breaker.layer(up::<()>().readiness(repeat(FAILS))).ready().await.unwrap();
    assert_eq!(circuit.snapshot().rejected, 0);
    assert!(events.of(TARGET).iter().all(|event| event.field("reason") != "probes_taken"));
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_readiness_failed_must_be_ready_again() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(up::<()>().readiness([READY, FAILS]).stalled());
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Err(_))));
    assert_eq!(breaker.handle().phase(), Phase::Open);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    breaker.handle().reset();
    assert_eq!(reason(&service.call(()).await), Some(RejectionReason::NotReady));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_leaves_its_service_ready_for_the_next() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(up());
    assert!(poll_ready(&mut service).is_ready());
    breaker.handle().force_open();
    service.call(()).await.unwrap_err();
    breaker.handle().reset();
    assert!(poll_ready(&mut service).is_ready());
    service.call(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn callers_do_not_wait_for_a_service_that_a_probe_holds() {
    for (probes, pause, expected) in [
        (1, Duration::ZERO, RejectionReason::ProbesTaken),
        (1, 30 * SECOND, RejectionReason::NotReady),
        (2, 30 * SECOND, RejectionReason::NotReady),
    ] {
        let breaker = touchy().probes(probes).build().unwrap();
        let circuit = breaker.handle();
        // Room for one call, which hangs: the inner service is not ready for another.
        let service = ServiceBuilder::new().layer(breaker).concurrency_limit(1).service(hung::<()>());
        recover(&circuit).await;
        tokio::spawn(service.clone().oneshot(()));
        tokio::task::yield_now().await;
        assert_eq!(circuit.phase(), Phase::HalfOpen);
        advance(pause).await;
        assert_eq!(reason(&service.oneshot(()).await), Some(expected), "{probes} probes after {pause:?}");
    }
}
