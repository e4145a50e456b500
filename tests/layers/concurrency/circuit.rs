use super::*;

/// Opens at the first failure and is half-open at once.
fn eager() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("eager").consecutive(1).min_calls(1000).open_for(Backoff::none())
}

fn handle(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().unwrap().handle()
}

/// Counts, and never opens.
fn counting() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("counting").failure_rate(1.0).min_calls(1_000_000)
}

/// How many events say that the circuit went there.
fn events_to(events: &Events, to: &str) -> usize {
    let events = events.of("palisade::circuit_breaker");
    events.iter().filter(|event| event.field("to") == to).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_as_many_calls_pass_a_half_open_circuit_as_it_has_probes() {
    let circuit = handle(eager().probes(5));
    for round in 0..100 {
        circuit.reset();
        circuit.try_enter().unwrap().failure();
        let entered = tasks(|_| {
            let circuit = circuit.clone();
            async move { [circuit.try_enter().ok(), circuit.try_enter().ok()] }
        });
        let guards: Vec<CircuitGuard> = entered.await.into_iter().flatten().flatten().collect();
        assert_eq!((guards.len(), circuit.phase()), (5, Phase::HalfOpen), "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abandoned_probes_never_make_room_for_more_than_the_probes_at_once() {
    let circuit = handle(eager().probes(3));
    circuit.try_enter().unwrap().failure();
    let gauge = Gauge::default();
    tasks(|_| {
        let (circuit, gauge) = (circuit.clone(), gauge.clone());
        async move {
            for turn in 0..200 {
                if let Ok(guard) = circuit.try_enter() {
                    let inside = gauge.enter();
                    if turn % 3 > 0 {
                        yield_now().await;
                    }
                    // The place comes free after the gauge says so: else the test would count more than there are.
                    drop(inside);
                    drop(guard);
                }
                yield_now().await;
            }
        }
    })
    .await;
    assert!(gauge.most() <= 3, "{gauge:?}");
    assert_eq!((gauge.now(), circuit.phase()), (0, Phase::HalfOpen));
    let guards: Vec<_> = (0..4).map(|_| circuit.try_enter()).collect();
    assert_eq!(guards.iter().filter(|guard| guard.is_ok()).count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_in_flight_and_results_together_never_pass_the_probes() {
    const PROBES: u32 = 8;
    for round in 0..100 {
        // It takes all of the probes to decide: with a rate of 1, seven failures are not enough, and no success comes.
        let circuit = handle(
            CircuitBreakerLayer::builder("eager")
                .failure_rate(1.0)
                .min_calls(1)
                .probes(PROBES)
                .open_for(Backoff::none()),
        );
        circuit.try_enter().unwrap().failure();
        // One stays in flight, so that the period is the same one to the end.
        let last = circuit.try_enter().unwrap();
        let admitted = tasks(|n| {
            let circuit = circuit.clone();
            async move {
                let mut failed = 0;
                for turn in 0..4 {
                    match circuit.try_enter() {
                        Ok(guard) if (n + turn) % 4 == 0 => drop(guard),
                        Ok(guard) => {
                            yield_now().await;
                            guard.failure();
                            failed += 1;
                        }
                        Err(rejection) => assert_eq!(rejection.reason(), RejectionReason::ProbesTaken),
                    }
                    yield_now().await;
                }
                failed
            }
        });
        let failed: u32 = admitted.await.into_iter().sum();
        let counts = circuit.snapshot().counts;
        assert!(failed < PROBES, "{failed} results and one in flight in round {round}");
        assert_eq!((counts.calls, counts.failures), (failed.into(), failed.into()));
        last.success();
        assert_eq!(circuit.phase(), Phase::Closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stays_down_sees_at_most_the_probes_of_each_half_open_period() {
    let events = Events::record();
    let breaker = eager().probes(3).build().unwrap();
    let circuit = breaker.handle();
    circuit.try_enter().unwrap().failure();
    let service = strict(|()| async {
        yield_now().await;
        Err::<(), _>(Down(0))
    });
    let calls = service.calls();
    let service = breaker.layer(service);
    tasks(|_| {
        let service = service.clone();
        async move {
            for _ in 0..100 {
                service.clone().oneshot(()).await.unwrap_err();
            }
        }
    })
    .await;
    let periods = events_to(&events, "half_open");
    assert!(periods > 0 && calls.count() <= 3 * periods, "{} calls in {periods} periods", calls.count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_service_that_stays_down_no_call_is_lost() {
    let events = Events::record();
    let breaker = eager().probes(3).build().unwrap();
    let circuit = breaker.handle();
    circuit.try_enter().unwrap().failure();
    let service = strict(|()| async {
        yield_now().await;
        Err::<(), _>(Down(0))
    });
    let calls = service.calls();
    let service = breaker.layer(service);
    tasks(|_| {
        let service = service.clone();
        async move {
            for _ in 0..100 {
                service.clone().oneshot(()).await.unwrap_err();
            }
        }
    })
    .await;
    let snapshot = circuit.snapshot();
    let (periods, opened) = (events_to(&events, "half_open"), events_to(&events, "open"));
    // The first failure of a period ends it, and makes the others late; the first event opened a closed circuit.
    assert_eq!((snapshot.phase, opened), (Phase::Open, periods + 1));
    assert_eq!(calls.count() as u64, periods as u64 + snapshot.late);
    assert_eq!(calls.count() as u64 + snapshot.rejected, 100 * TASKS as u64);
}

#[test]
fn failures_that_trip_together_open_the_circuit_once() {
    let events = Events::record();
    let circuit = handle(eager().open_for(Backoff::constant(Duration::MAX)));
    for round in 1..=200 {
        let [one, other] = [(); 2].map(|()| enter(&circuit, 4));
        race(|| one.into_iter().for_each(CircuitGuard::failure), || other.into_iter().for_each(CircuitGuard::failure));
        assert_eq!((events_to(&events, "open"), circuit.phase()), (round, Phase::Open));
        circuit.reset();
    }
}

#[test]
fn of_two_calls_that_find_the_open_time_over_one_makes_it_half_open() {
    let events = Events::record();
    let circuit = handle(eager().probes(1));
    for round in 1..=200 {
        circuit.try_enter().unwrap().failure();
        let admitted = AtomicUsize::new(0);
        let held = Barrier::new(2);
        let probe = || {
            let guard = circuit.try_enter();
            admitted.fetch_add(usize::from(guard.is_ok()), Ordering::SeqCst);
            held.wait();
        };
        race(probe, probe);
        assert_eq!((admitted.into_inner(), events_to(&events, "half_open")), (1, round));
        circuit.reset();
    }
}

#[test]
fn probes_that_succeed_together_close_the_circuit_once() {
    let events = Events::record();
    let circuit = handle(eager().probes(8));
    for round in 1..=200 {
        circuit.try_enter().unwrap().failure();
        let [one, other] = [(); 2].map(|()| enter(&circuit, 4));
        race(|| one.into_iter().for_each(CircuitGuard::success), || other.into_iter().for_each(CircuitGuard::success));
        assert_eq!((events_to(&events, "closed"), circuit.phase()), (round, Phase::Closed));
    }
    assert_eq!(circuit.snapshot().late, 0);
}

#[test]
fn a_failed_probe_among_successes_opens_the_circuit_again() {
    let circuit = handle(eager().probes(8));
    for _ in 0..200 {
        circuit.try_enter().unwrap().failure();
        let [one, mut other] = [(); 2].map(|()| enter(&circuit, 4));
        let bad = other.pop().unwrap();
        race(
            || one.into_iter().for_each(CircuitGuard::success),
            || {
                other.into_iter().for_each(CircuitGuard::success);
                bad.failure();
            },
        );
        assert_eq!(circuit.phase(), Phase::Open);
        circuit.reset();
    }
}

#[test]
fn results_that_reach_the_rate_together_open_the_circuit_in_whatever_order_they_come() {
    let builder = || CircuitBreakerLayer::builder("rate").failure_rate(0.5).min_calls(8);
    let circuits = [handle(builder().count_window(8)), handle(builder().time_window(DAY, 10))];
    for circuit in &circuits {
        for round in 0..300 {
            let [good, bad] = [(); 2].map(|()| enter(circuit, 4));
            race(
                || good.into_iter().for_each(CircuitGuard::success),
                || bad.into_iter().for_each(CircuitGuard::failure),
            );
            assert_eq!(circuit.phase(), Phase::Open, "in round {round}: {:?}", circuit.snapshot());
            circuit.reset();
        }
    }
}

#[test]
fn successes_that_complete_the_least_calls_together_open_the_circuit() {
    let builder = || CircuitBreakerLayer::builder("rate").failure_rate(0.5).min_calls(8);
    let circuits = [handle(builder().count_window(8)), handle(builder().time_window(DAY, 10))];
    for circuit in &circuits {
        for round in 0..300 {
            enter(circuit, 4).into_iter().for_each(CircuitGuard::failure);
            let [one, other] = [(); 2].map(|()| enter(circuit, 2));
            race(
                || one.into_iter().for_each(CircuitGuard::success),
                || other.into_iter().for_each(CircuitGuard::success),
            );
            assert_eq!(circuit.phase(), Phase::Open, "in round {round}: {:?}", circuit.snapshot());
            circuit.reset();
        }
    }
}

#[test]
fn failures_in_a_row_on_two_threads_are_all_counted() {
    let circuit = handle(counting().consecutive(u32::MAX));
    let [one, other] = [(); 2].map(|()| enter(&circuit, 20_000));
    race(|| one.into_iter().for_each(CircuitGuard::failure), || other.into_iter().for_each(CircuitGuard::failure));
    assert_eq!(circuit.snapshot().counts.consecutive, 40_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_of_a_closed_circuit_add_up() {
    let circuits = [handle(counting().count_window(1 << 20)), handle(counting().time_window(DAY, 10))];
    for circuit in circuits {
        tasks(|n| {
            let circuit = circuit.clone();
            async move {
                for turn in 0..200 {
                    let guard = circuit.try_enter().unwrap();
                    if turn % 16 == 0 {
                        yield_now().await;
                    }
                    match (n + turn) % 5 {
                        0 => guard.failure(),
                        1 => guard.settle(Outcome::Throttled { retry_after: None }),
                        2 => guard.settle(Outcome::Ignored),
                        3 => drop(guard),
                        _ => guard.success(),
                    }
                }
            }
        })
        .await;
        let snapshot = circuit.snapshot();
        // Each fifth of all calls ended in one of the ways.
        let fifth = 200 * TASKS as u64 / 5;
        assert_eq!((snapshot.counts.calls, snapshot.counts.failures), (3 * fifth, 2 * fifth));
        assert_eq!((snapshot.rejected, snapshot.late), (0, 0));
    }
}

#[test]
fn no_snapshot_holds_more_failures_than_calls() {
    let circuits =
        [handle(counting().count_window(64).min_calls(64).failure_rate(1.0)), handle(counting().time_window(DAY, 10))];
    for circuit in circuits {
        circuit.metrics_only();
        let done = AtomicBool::new(false);
        race(
            || {
                for turn in 0..5000 {
                    let guard = circuit.try_enter().unwrap();
                    if turn % 64 == 0 { guard.success() } else { guard.failure() }
                }
                done.store(true, Ordering::SeqCst);
            },
            || {
                while !done.load(Ordering::SeqCst) {
                    let counts = circuit.snapshot().counts;
                    assert!(counts.failures <= counts.calls, "{counts:?}");
                    thread::yield_now();
                }
            },
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejections_of_all_threads_are_counted() {
    let circuit = handle(eager());
    circuit.force_open();
    tasks(|_| {
        let circuit = circuit.clone();
        async move { (0..100).for_each(|_| assert!(circuit.try_enter().is_err())) }
    })
    .await;
    assert_eq!(circuit.snapshot().rejected, 100 * TASKS as u64);
}

#[test]
fn results_of_another_period_neither_count_nor_free_a_place() {
    let circuit = handle(eager().probes(4));
    for _ in 0..100 {
        circuit.try_enter().unwrap().failure();
        let stragglers = enter(&circuit, 4);
        circuit.reset();
        circuit.try_enter().unwrap().failure();
        let probes = enter(&circuit, 4);
        let mut stragglers = stragglers.into_iter();
        let (dropped, failed) = (stragglers.by_ref().take(2).collect::<Vec<_>>(), stragglers);
        race(|| drop(dropped), || failed.for_each(CircuitGuard::failure));
        assert_eq!(circuit.try_enter().unwrap_err().reason(), RejectionReason::ProbesTaken);
        assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0));
        drop(probes);
        circuit.reset();
    }
}

/// Hammers a circuit with results, forces it meanwhile, and tells how it ended.
async fn forced_among_results(force: fn(&CircuitHandle)) -> Phase {
    let circuit = handle(eager().probes(2));
    tasks(|n| {
        let circuit = circuit.clone();
        async move {
            for turn in 0..100 {
                if n == 0 && turn == 50 {
                    force(&circuit);
                }
                let entered = circuit.try_enter();
                yield_now().await;
                match entered {
                    Ok(guard) if (n + turn) % 3 == 0 => guard.failure(),
                    Ok(guard) if (n + turn) % 3 == 1 => guard.success(),
                    _ => {}
                }
            }
        }
    })
    .await;
    circuit.phase()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_open_among_results_stays_forced_open() {
    for _ in 0..20 {
        assert_eq!(forced_among_results(CircuitHandle::force_open).await, Phase::ForcedOpen);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_closed_among_results_stays_forced_closed() {
    for _ in 0..20 {
        assert_eq!(forced_among_results(CircuitHandle::force_closed).await, Phase::ForcedClosed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_only_among_results_stays_metrics_only() {
    for _ in 0..20 {
        assert_eq!(forced_among_results(CircuitHandle::metrics_only).await, Phase::MetricsOnly);
    }
}

#[test]
fn no_call_that_comes_after_it_was_forced_open_passes() {
    for _ in 0..100 {
        let (circuit, forced) = (handle(eager().probes(2)), AtomicBool::new(false));
        race(
            || {
                circuit.force_open();
                forced.store(true, Ordering::SeqCst);
            },
            || {
                loop {
                    let forced = forced.load(Ordering::SeqCst);
                    let entered = circuit.try_enter();
                    if forced {
                        assert_eq!(entered.unwrap_err().reason(), RejectionReason::ForcedOpen);
                        break;
                    }
                    entered.into_iter().for_each(CircuitGuard::failure);
                }
            },
        );
    }
}

#[test]
fn a_reset_among_results_leaves_a_circuit_that_still_trips() {
    for _ in 0..200 {
        let circuit = handle(eager().probes(2).open_for(Backoff::constant(DAY)));
        let failures = enter(&circuit, 4);
        race(|| failures.into_iter().for_each(CircuitGuard::failure), || circuit.reset());
        circuit.reset();
        assert_eq!((circuit.phase(), circuit.snapshot().counts.consecutive), (Phase::Closed, 0));
        circuit.try_enter().unwrap().failure();
        assert_eq!(circuit.phase(), Phase::Open);
    }
}

#[test]
fn each_setting_by_hand_that_changed_the_phase_is_one_event() {
    let events = Events::record();
    let circuit = handle(eager());
    for round in 1..=200 {
        race(|| circuit.force_open(), || circuit.force_open());
        assert_eq!((events_to(&events, "forced_open"), circuit.phase()), (round, Phase::ForcedOpen));
        circuit.reset();
    }
}

#[test]
fn each_transition_begins_where_the_one_before_ended() {
    let events = Events::record();
    let circuit = handle(eager().probes(1));
    let steer = |first: fn(&CircuitHandle), second: fn(&CircuitHandle)| {
        for _ in 0..3000 {
            first(&circuit);
            circuit.try_enter().into_iter().for_each(CircuitGuard::failure);
            second(&circuit);
            circuit.try_enter().into_iter().for_each(CircuitGuard::success);
        }
    };
    race(
        || steer(CircuitHandle::force_open, CircuitHandle::reset),
        || steer(CircuitHandle::reset, CircuitHandle::force_open),
    );
    circuit.reset();
    // From closed to closed, each phase is left as often as it is entered.
    let events = events.of("palisade::circuit_breaker");
    let count = |field, phase| events.iter().filter(|event| event.field(field) == phase).count();
    for phase in ["closed", "open", "half_open", "forced_open"] {
        assert_eq!(count("from", phase), count("to", phase), "{phase}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_dropped_at_any_poll_leave_no_probe_taken() {
    let breaker = eager().probes(3).build().unwrap();
    let circuit = breaker.handle();
    circuit.try_enter().unwrap().failure();
    let service = breaker.layer(gauged(&Gauge::default()));
    tasks(|n| {
        let service = service.clone();
        async move {
            for turn in 0..100 {
                abandoned_after((n + turn) % 4, service.clone().oneshot(1000)).await;
            }
        }
    })
    .await;
    assert_eq!((circuit.phase(), circuit.snapshot().counts.calls), (Phase::HalfOpen, 0));
    assert_eq!(enter(&circuit, 3).len(), 3);
}

/// Enters this often; all must pass.
fn enter(circuit: &CircuitHandle, calls: usize) -> Vec<CircuitGuard> {
    (0..calls).map(|_| circuit.try_enter().unwrap()).collect()
}
