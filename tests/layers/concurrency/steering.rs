use super::*;

/// Opens at the first failure and is half-open at once.
fn eager() -> CircuitBreakerBuilder {
    eager_of("eager")
}

/// The same of a name, so that its events are known from those of tests beside.
fn eager_of(name: &'static str) -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder(name).without_failure_rate().consecutive(1).open_for(Backoff::none())
}

fn handle(builder: CircuitBreakerBuilder) -> CircuitHandle {
    builder.build().unwrap().handle()
}

/// Two circuits that count, each with its kind of window, and never open.
fn counting() -> [CircuitHandle; 2] {
    let builder = || CircuitBreakerLayer::builder("counting").failure_rate(1.0).min_calls(1_000_000);
    [handle(builder().count_window(1 << 20)), handle(builder().time_window(DAY, 10))]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_of_a_closed_circuit_add_up() {
    for circuit in counting() {
        hammer(circuit.clone(), 200, |circuit, n| async move {
            let guard = circuit.try_enter().unwrap();
            if n % 16 == 0 {
                yield_now().await;
            }
            match n % 5 {
                0 => guard.failure(),
                1 => guard.settle(Outcome::Throttled { retry_after: None }),
                2 => guard.settle(Outcome::Ignored),
                3 => drop(guard),
                _ => guard.success(),
            }
        })
        .await;
        let snapshot = circuit.snapshot();
        // Each fifth of all calls ended in one of the ways.
        let fifth = 200 * TASKS as u64 / 5;
        let counts = snapshot.counts;
        assert_eq!((counts.calls, counts.failures, counts.throttled), (3 * fifth, fifth, fifth));
        assert_eq!((snapshot.rejected, snapshot.late), (0, 0));
    }
}

#[test]
fn no_snapshot_holds_more_failures_than_calls() {
    let full = CircuitBreakerLayer::builder("full").failure_rate(1.0).count_window(64).min_calls(64);
    for circuit in counting().into_iter().chain([handle(full)]) {
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
async fn what_is_forced_among_results_stays_forced() {
    for (force, phase) in [
        (CircuitHandle::force_open as fn(&CircuitHandle), Phase::ForcedOpen),
        (CircuitHandle::force_closed, Phase::ForcedClosed),
        (CircuitHandle::metrics_only, Phase::MetricsOnly),
    ] {
        for round in 0..20 {
            let circuit = handle(eager().probes(2));
            let turns = hammer((circuit.clone(), force), 100, |(circuit, force), n| async move {
                if n == 50 {
                    force(&circuit);
                }
                let entered = circuit.try_enter();
                yield_now().await;
                match entered {
                    Ok(guard) if n % 3 == 0 => guard.failure(),
                    Ok(guard) if n % 3 == 1 => guard.success(),
                    _ => {}
                }
            });
            turns.await;
            assert_eq!(circuit.phase(), phase, "in round {round}");
        }
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
fn of_two_that_force_it_open_together_one_changes_the_phase() {
    let events = EventLog::of_process();
    let circuit = handle(eager_of("forced by two"));
    for round in 1..=200 {
        race(|| circuit.force_open(), || circuit.force_open());
        let forced = events.named("forced by two").iter().filter(|event| event.field("to") == "forced_open").count();
        assert_eq!((forced, circuit.phase()), (round, Phase::ForcedOpen));
        circuit.reset();
    }
}

#[test]
fn each_transition_begins_where_the_one_before_ended() {
    let events = EventLog::of_process();
    let circuit = handle(eager_of("steered by two").probes(1));
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
    let events = events.named("steered by two");
    let count = |field, phase| events.iter().filter(|event| event.field(field) == phase).count();
    for phase in ["closed", "open", "half_open", "forced_open"] {
        assert_eq!(count("from", phase), count("to", phase), "{phase}");
    }
}
