//! Readiness.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_ready_without_a_look_at_the_service() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    for set in [|circuit: &CircuitHandle| fail(circuit, 1), CircuitHandle::force_open] {
        set(&breaker.handle());
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    }
    assert_eq!(gate.polls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_closed_circuit_is_as_ready_as_its_service() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Pending]));
    assert!(poll_ready(&mut service).is_pending());
    assert!(poll_ready(&mut service).is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_call_let_through_after_the_open_time_polls_readiness_once_with_a_noop_waker() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    let mut readied = task::spawn(service.ready());
    let service = assert_ready_ok!(readied.poll());
    advance(SECOND).await;
    service.call(()).await.unwrap();
    assert_eq!(*gate.noop_polls.lock().unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn a_call_let_through_to_a_service_that_is_not_ready_is_rejected() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    let result = service.call(()).await;
    let rejection = *result.as_ref().unwrap_err().rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.retry_after()), (RejectionReason::NotReady, None));
    assert_eq!((rejection.layer(), rejection.name().as_str()), ("circuit breaker", "payments"));
    assert_eq!(gate.polls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_rejected_as_not_ready_gives_its_probe_place_back() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Pending]));
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    drop(service.call(()));
    assert_eq!(breaker.handle().snapshot().rejected, 1);
    assert_eq!(counted(&breaker.handle()), (0, 0, 0));
    assert_eq!(breaker.handle().phase(), Phase::HalfOpen);
    enter(&breaker.handle()).success();
    assert_eq!(breaker.handle().phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_rejected_as_not_ready_does_not_call_the_service_later_without_a_new_poll() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([Poll::Pending]));
    let mut service = breaker.layer(gate.clone());
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    service.call(()).await.unwrap_err();
    service.ready().await.unwrap().call(()).await.unwrap();
    assert_eq!(gate.polls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_is_returned_and_recorded_as_a_failure() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))]));
    let error = service.ready().await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(counted(&breaker.handle()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn readiness_errors_open() {
    let breaker = builder().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3))); 20]));
    for _ in 0..20 {
        service.ready().await.unwrap_err();
    }
    assert_eq!(breaker.handle().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_of_a_call_let_through_is_returned_and_opens_again() {
    let breaker = touchy().build().unwrap();
    let mut service = breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))]));
    fail(&breaker.handle(), 1);
    assert!(poll_ready(&mut service).is_ready());
    advance(SECOND).await;
    let error = service.call(()).await.unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Down(3)));
    assert_eq!(breaker.handle().phase(), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn a_readiness_error_in_half_open_counts_as_a_failed_probe() {
    let breaker = touchy().probes(3).build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    drop(enter(&circuit));
    breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))])).ready().await.unwrap_err();
    assert_eq!(counted(&circuit), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn while_all_probes_are_taken_the_service_is_not_asked_for_readiness() {
    let events = Events::record();
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    let _probe = enter(&circuit);
    breaker.layer(Gate::new([Poll::Ready(Err(Down(3)))])).ready().await.unwrap();
    assert_eq!(circuit.snapshot().rejected, 0);
    assert!(events.of(TARGET).iter().all(|event| event.field("reason") != "probes_taken"));
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_readiness_failed_is_not_called_before_it_is_ready_again() {
    let breaker = touchy().build().unwrap();
    let mut service =
        breaker.layer(Gate::new([Poll::Ready(Ok(())), Poll::Ready(Err(Down(3))), Poll::Pending, Poll::Pending]));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Err(_))));
    assert_eq!(breaker.handle().phase(), Phase::Open);
    assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))));
    breaker.handle().reset();
    assert_eq!(reason(&service.call(()).await), Some(RejectionReason::NotReady));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_call_leaves_its_service_ready_for_the_next() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    assert!(poll_ready(&mut service).is_ready());
    breaker.handle().force_open();
    service.call(()).await.unwrap_err();
    breaker.handle().reset();
    assert!(poll_ready(&mut service).is_ready());
    service.call(()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_a_ready_service_readies_its_own() {
    let (breaker, gate) = (touchy().build().unwrap(), Gate::new([]));
    let mut service = breaker.layer(gate.clone());
    assert!(poll_ready(&mut service).is_ready());
    let mut clone = service.clone();
    clone.ready().await.unwrap().call(()).await.unwrap();
    assert_eq!(gate.polls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_idle_ready_service_holds_no_probe_place() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    fail(&circuit, 1);
    open_time(&circuit).await;
    drop(enter(&circuit));
    let mut idle = breaker.layer(Gate::new([]));
    assert!(poll_ready(&mut idle).is_ready());
    enter(&circuit).success();
    assert_eq!(circuit.phase(), Phase::Closed);
}
