//! Probes: how many pass, that one given up frees its place, and a circuit closed by hand.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_at_once_send_only_the_probes() {
    let breaker = touchy().probes(5).build().unwrap();
    let inner = stuck();
    let calls = inner.calls();
    let service = breaker.layer(inner);
    enter(&breaker.handle()).failure();
    open_time(&breaker.handle()).await;
    let mut in_flight: Vec<_> = (0..100).map(|_| task::spawn(service.clone().oneshot(()))).collect();
    let rejected = in_flight.iter_mut().filter_map(|call| call.poll().is_ready().then_some(())).count();
    assert_eq!((calls.count(), rejected), (5, 95));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_does_not_wedge_half_open() {
    let breaker = touchy().build().unwrap();
    let circuit = breaker.handle();
    enter(&circuit).failure();
    open_time(&circuit).await;
    let mut call = task::spawn(breaker.layer(stuck()).oneshot(()));
    assert_pending!(call.poll());
    drop(call);
    breaker.layer(up()).oneshot(()).await.unwrap();
    assert_eq!(circuit.phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_service_readied_while_open_calls_once_closed() {
    for close in [CircuitHandle::reset, CircuitHandle::force_closed, CircuitHandle::metrics_only] {
        for open in [|circuit: &CircuitHandle| enter(circuit).failure(), CircuitHandle::force_open] {
            let breaker = touchy().build().unwrap();
            let mut service = breaker.layer(up());
            open(&breaker.handle());
            let service = service.ready().await.unwrap();
            close(&breaker.handle());
            service.call(()).await.unwrap();
        }
    }
}
