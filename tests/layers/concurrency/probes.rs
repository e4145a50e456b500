use super::*;

/// Opens at the first failure and is half-open at once.
fn eager() -> CircuitBreakerBuilder {
    eager_of("eager")
}

/// The same of a name, so that its events are known from those of tests beside.
fn eager_of(name: &'static str) -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder(name).without_failure_rate().consecutive(1).open_for(Backoff::none())
}

/// Enters this often; all must pass.
fn enter(circuit: &CircuitHandle, calls: usize) -> Vec<CircuitGuard> {
    (0..calls).map(|_| circuit.try_enter().unwrap()).collect()
}

/// A circuit that is half-open at the next call.
fn recovering(builder: CircuitBreakerBuilder) -> CircuitBreakerLayer {
    let breaker = builder.build().unwrap();
    breaker.handle().try_enter().unwrap().failure();
    breaker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_calls_pass_a_half_open_circuit_as_it_has_probes() {
    for round in 0..100 {
        let circuit = recovering(eager().probes(5)).handle();
        let guards = hammer(circuit.clone(), 2, |circuit, _| async move { circuit.try_enter().ok() }).await;
        let admitted: Vec<CircuitGuard> = guards.into_iter().flatten().collect();
        assert_eq!((admitted.len(), circuit.phase()), (5, Phase::HalfOpen), "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_probes_never_make_room_for_more_than_the_probes() {
    let (circuit, gauge) = (recovering(eager().probes(3)).handle(), Gauge::default());
    hammer((circuit.clone(), gauge.clone()), 200, |(circuit, gauge), n| async move {
        if let Ok(guard) = circuit.try_enter() {
            let inside = gauge.enter();
            if n % 3 > 0 {
                yield_now().await;
            }
            // The place comes free after the gauge says so: else the test would count more than there are.
            drop(inside);
            drop(guard);
        }
        yield_now().await;
    })
    .await;
    assert!(gauge.most() <= 3, "{gauge:?}");
    assert_eq!((gauge.now(), circuit.phase()), (0, Phase::HalfOpen));
    let _probes = enter(&circuit, 3);
    assert!(circuit.try_enter().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_in_flight_and_results_together_never_pass_the_probes() {
    const PROBES: usize = 8;
    for round in 0..100 {
        // It takes all of the probes to decide: with a rate of 1, seven failures are not enough, and no success comes.
        let rate = CircuitBreakerLayer::builder("eager").failure_rate(1.0).min_calls(1).open_for(Backoff::none());
        let circuit = recovering(rate.probes(8)).handle();
        // One stays in flight, so that the period is the same one to the end.
        let last = circuit.try_enter().unwrap();
        let failed = hammer(circuit.clone(), 4, |circuit, n| async move {
            let entered = circuit.try_enter();
            yield_now().await;
            match entered {
                Ok(guard) if n % 4 == 0 => drop(guard),
                Ok(guard) => {
                    guard.failure();
                    return true;
                }
                Err(rejection) => assert_eq!(rejection.reason(), RejectionReason::ProbesTaken),
            }
            false
        });
        let failed = failed.await.into_iter().filter(|failed| *failed).count();
        let counts = circuit.snapshot().counts;
        assert!(failed < PROBES, "{failed} results and one in flight in round {round}");
        assert_eq!((counts.calls, counts.failures), (failed as u64, failed as u64));
        last.success();
        assert_eq!(circuit.phase(), Phase::Closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stays_down_sees_only_the_probes() {
    let events = EventLog::of_process();
    let breaker = recovering(eager_of("a service that stays down").probes(3));
    let service = strict(|()| async {
        yield_now().await;
        Err::<(), _>(Down(0))
    });
    let calls = service.calls();
    hammer(breaker.layer(service), 100, |service, _| async move { service.oneshot(()).await.unwrap_err() }).await;
    let snapshot = breaker.handle().snapshot();
    let events = events.named("a service that stays down");
    let events_to = |to| events.iter().filter(|event| event.field("to") == to).count();
    let (periods, opened) = (events_to("half_open"), events_to("open"));
    assert!(periods > 0 && calls.count() <= 3 * periods, "{} calls in {periods} periods", calls.count());
    // The first failure of a period ends it, and makes the others late; the first event opened a closed circuit.
    assert_eq!((snapshot.phase, opened), (Phase::Open, periods + 1));
    assert_eq!(calls.count() as u64, periods as u64 + snapshot.late);
    assert_eq!(calls.count() as u64 + snapshot.rejected, 100 * TASKS as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_dropped_at_any_poll_leave_no_probe_taken() {
    let breaker = recovering(eager().probes(3));
    let service = breaker.layer(gauged(&Gauge::default()));
    hammer(service, 100, |service, n| async move { abandoned_after(n % 4, service.oneshot(99)).await.is_some() }).await;
    let circuit = breaker.handle();
    assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0));
    assert_eq!(enter(&circuit, 3).len(), 3);
}
