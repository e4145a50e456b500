//! Two threads and many tasks on one circuit, one bulkhead and one budget.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

mod support;

use std::{
    future::{Ready, ready},
    pin::pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use futures_util::poll;
use palisade::{
    Backoff, Budget, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitGuard,
    CircuitHandle, Error, Outcome, Phase, RejectionReason, RetryLayer, bulkhead::Queue,
};
use tokio::{
    sync::Semaphore,
    task::{JoinSet, yield_now},
};
use tower::{Layer, Service, ServiceExt};
use tracing::instrument::WithSubscriber;

use crate::support::{Down, events::Events, strict};

const TASKS: usize = 16;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Runs one task for each number below `TASKS`, on all workers; their events go to the subscriber of this thread.
async fn tasks<T, Fut>(task: impl Fn(usize) -> Fut) -> Vec<T>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
{
    let mut set = JoinSet::new();
    for n in 0..TASKS {
        set.spawn(task(n).with_current_subscriber());
    }
    set.join_all().await
}

/// Runs the two at the same moment, on threads of their own; their events go to the subscriber of this thread.
fn race(one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
    fn run(start: &Barrier, dispatch: &tracing::Dispatch, it: impl FnOnce()) {
        start.wait();
        tracing::dispatcher::with_default(dispatch, it);
    }
    let (start, dispatch) = (&Barrier::new(2), &tracing::dispatcher::get_default(Clone::clone));
    thread::scope(|scope| {
        scope.spawn(move || run(start, dispatch, one));
        scope.spawn(move || run(start, dispatch, other));
    });
}

/// Polls a future at most this often, and drops it then.
async fn abandoned_after<Fut: Future>(polls: usize, future: Fut) -> Option<Fut::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll!(&mut future) {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

/// How many are inside now, the most that ever were, and how many came.
#[derive(Clone, Debug, Default)]
struct Gauge(Arc<Readings>);

#[derive(Debug, Default)]
struct Readings {
    now: AtomicUsize,
    most: AtomicUsize,
    came: AtomicUsize,
}

impl Gauge {
    fn enter(&self) -> Inside {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        self.0.came.fetch_add(1, Ordering::SeqCst);
        Inside(self.clone())
    }

    fn now(&self) -> usize {
        self.0.now.load(Ordering::SeqCst)
    }

    fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    fn came(&self) -> usize {
        self.0.came.load(Ordering::SeqCst)
    }
}

struct Inside(Gauge);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Takes a few turns of the scheduler, seen by the gauge.
fn gauged(gauge: &Gauge) -> impl Service<usize, Response = (), Error = Down, Future: Send> + Clone + Send + 'static {
    let gauge = gauge.clone();
    strict(move |turns: usize| {
        let gauge = gauge.clone();
        async move {
            let _inside = gauge.enter();
            for _ in 0..turns {
                yield_now().await;
            }
            Ok(())
        }
    })
}

mod circuit {
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
            race(
                || one.into_iter().for_each(CircuitGuard::failure),
                || other.into_iter().for_each(CircuitGuard::failure),
            );
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
            race(
                || one.into_iter().for_each(CircuitGuard::success),
                || other.into_iter().for_each(CircuitGuard::success),
            );
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
        let circuits = [
            handle(counting().count_window(64).min_calls(64).failure_rate(1.0)),
            handle(counting().time_window(DAY, 10)),
        ];
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
}

mod bulkhead {
    use super::*;

    fn assert_at_rest(places: &BulkheadHandle, gauge: &Gauge) {
        assert_eq!((places.in_flight(), places.queued(), gauge.now()), (0, 0, 0));
    }

    fn is_full(result: &Result<(), Error>) -> bool {
        result.as_ref().is_err_and(|error| error.rejection().is_some())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_bulkhead_that_rejects_never_lets_more_in_than_its_limit() {
        let (bulkhead, gauge) = (BulkheadLayer::new(3), Gauge::default());
        let service = bulkhead.layer(gauged(&gauge));
        let rejected = tasks(|n| {
            let service = service.clone();
            async move {
                let mut rejected = 0;
                for turn in 0..200 {
                    rejected += usize::from(is_full(&service.clone().oneshot((n + turn) % 4).await));
                    yield_now().await;
                }
                rejected
            }
        })
        .await;
        assert_eq!(gauge.came() + rejected.into_iter().sum::<usize>(), 200 * TASKS);
        assert!(gauge.most() <= 3, "{gauge:?}");
        assert_at_rest(&bulkhead.handle(), &gauge);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_bulkhead_that_queues_all_serves_all_and_never_more_at_once_than_its_limit() {
        let bulkhead = BulkheadLayer::builder(3).max_queue(usize::MAX).build().unwrap();
        let gauge = Gauge::default();
        let service = bulkhead.layer(gauged(&gauge));
        tasks(|n| {
            let service = service.clone();
            async move {
                for turn in 0..200 {
                    service.clone().oneshot((n + turn) % 4).await.unwrap();
                }
            }
        })
        .await;
        assert!(gauge.most() <= 3, "{gauge:?}");
        assert_at_rest(&bulkhead.handle(), &gauge);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_queue_is_never_longer_than_it_may_be() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(3).build().unwrap();
        let (places, gauge) = (bulkhead.handle(), Gauge::default());
        let service = bulkhead.layer(gauged(&gauge));
        let longest = tasks(|n| {
            let (service, places) = (service.clone(), places.clone());
            async move {
                let mut longest = 0;
                for turn in 0..100 {
                    longest = longest.max(places.queued());
                    let result = service.clone().oneshot((n + turn) % 4).await;
                    if let Err(error) = result {
                        assert_eq!(error.rejection().unwrap().reason(), RejectionReason::QueueFull);
                    }
                    longest = longest.max(places.queued());
                    yield_now().await;
                }
                longest
            }
        })
        .await;
        assert!(longest.iter().all(|&longest| longest <= 3), "{longest:?}");
        assert_at_rest(&places, &gauge);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn calls_dropped_at_any_poll_lose_no_place_and_no_turn() {
        let bulkhead = BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap();
        let gauge = Gauge::default();
        let service = bulkhead.layer(gauged(&gauge));
        tasks(|n| {
            let service = service.clone();
            async move {
                for turn in 0..100 {
                    // Some wait for as long as it takes, and would hang if a place were lost.
                    match (n + turn) % 8 {
                        7 => service.clone().oneshot(2).await.unwrap(),
                        polls => drop(abandoned_after(polls, service.clone().oneshot(2)).await),
                    }
                }
            }
        })
        .await;
        assert!(gauge.most() <= 2, "{gauge:?}");
        assert_at_rest(&bulkhead.handle(), &gauge);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_resize_among_calls_loses_nobody() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(usize::MAX).build().unwrap();
        let (places, gauge) = (bulkhead.handle(), Gauge::default());
        let service = bulkhead.layer(gauged(&gauge));
        tasks(|n| {
            let (service, places) = (service.clone(), places.clone());
            async move {
                for turn in 0..100 {
                    if n == 0 {
                        places.resize(1 + turn % 4);
                    }
                    service.clone().oneshot((n + turn) % 4).await.unwrap();
                }
            }
        })
        .await;
        assert!(gauge.most() <= 4, "{gauge:?}");
        assert_at_rest(&places, &gauge);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_shrunken_bulkhead_lets_exactly_its_new_limit_in_when_the_old_calls_have_ended() {
        for _ in 0..20 {
            let bulkhead = BulkheadLayer::builder(8).max_queue(usize::MAX).build().unwrap();
            let places = bulkhead.handle();
            let [one, other] = [(); 2].map(|()| [(); 4].map(|()| places.try_enter().unwrap()));
            let crowd = Crowd::queue_at(&bulkhead).await;
            places.resize(2);
            race(|| drop(one), || drop(other));
            crowd.assert_always_in(2, &places).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn growing_from_nothing_lets_exactly_its_new_limit_in() {
        for _ in 0..20 {
            let bulkhead = BulkheadLayer::builder(0).max_queue(usize::MAX).build().unwrap();
            let places = bulkhead.handle();
            let crowd = Crowd::queue_at(&bulkhead).await;
            places.resize(2);
            crowd.assert_always_in(2, &places).await;
        }
    }

    /// Calls that stay in flight until they are let go: whether all places are in use does not depend on the scheduler.
    struct Crowd {
        gauge: Gauge,
        gate: Arc<Semaphore>,
        calls: JoinSet<Result<(), Error>>,
    }

    impl Crowd {
        /// Waits until all of them queue.
        async fn queue_at(bulkhead: &BulkheadLayer<Queue>) -> Self {
            let (gauge, gate) = (Gauge::default(), Arc::new(Semaphore::new(0)));
            let service = bulkhead.layer(strict({
                let (gauge, gate) = (gauge.clone(), Arc::clone(&gate));
                move |()| {
                    let (gauge, gate) = (gauge.clone(), Arc::clone(&gate));
                    async move {
                        let _inside = gauge.enter();
                        gate.acquire().await.unwrap().forget();
                        Ok::<_, Down>(())
                    }
                }
            }));
            let mut calls = JoinSet::new();
            for _ in 0..TASKS {
                calls.spawn(service.clone().oneshot(()));
            }
            while bulkhead.handle().queued() < TASKS {
                yield_now().await;
            }
            Self { gauge, gate, calls }
        }

        /// Lets one call go after another; each time the rest must fill the places, or this never ends.
        async fn assert_always_in(mut self, limit: usize, places: &BulkheadHandle) {
            while !self.calls.is_empty() {
                while self.gauge.now() < limit.min(self.calls.len()) {
                    yield_now().await;
                }
                self.gate.add_permits(1);
                self.calls.join_next().await.unwrap().unwrap().unwrap();
            }
            assert_eq!(self.gauge.most(), limit);
            assert_at_rest(places, &self.gauge);
        }
    }

    #[test]
    fn two_threads_that_come_and_go_never_share_the_only_place_and_leave_it_free() {
        let (places, gauge) = (BulkheadLayer::new(1).handle(), Gauge::default());
        let come_and_go = || {
            for _ in 0..200_000 {
                if let Ok(guard) = places.try_enter() {
                    drop(gauge.enter());
                    drop(guard);
                }
            }
        };
        race(come_and_go, come_and_go);
        assert_eq!(gauge.most(), 1);
        assert_at_rest(&places, &gauge);
    }

    #[test]
    fn the_last_place_goes_to_one_of_two() {
        let places = BulkheadLayer::new(1).handle();
        for _ in 0..300 {
            let (entered, held) = (AtomicUsize::new(0), Barrier::new(2));
            let enter = || {
                let guard = places.try_enter();
                entered.fetch_add(usize::from(guard.is_ok()), Ordering::SeqCst);
                held.wait();
            };
            race(enter, enter);
            assert_eq!((entered.into_inner(), places.in_flight()), (1, 0));
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn guards_and_services_share_the_places() {
        let bulkhead = BulkheadLayer::builder(2).max_queue(usize::MAX).build().unwrap();
        let (places, gauge) = (bulkhead.handle(), Gauge::default());
        let service = bulkhead.layer(gauged(&gauge));
        tasks(|n| {
            let (service, places, gauge) = (service.clone(), places.clone(), gauge.clone());
            async move {
                for _ in 0..100 {
                    if n % 2 == 0 {
                        service.clone().oneshot(1).await.unwrap();
                    } else if let Ok(guard) = places.try_enter() {
                        let inside = gauge.enter();
                        yield_now().await;
                        drop(inside);
                        drop(guard);
                    }
                    yield_now().await;
                }
            }
        })
        .await;
        assert!(gauge.most() <= 2, "{gauge:?}");
        assert_at_rest(&places, &gauge);
    }

    #[test]
    fn a_place_that_is_handed_over_while_its_waiter_leaves_is_handed_on() {
        let bulkhead = BulkheadLayer::builder(1).max_queue(2).build().unwrap();
        let places = bulkhead.handle();
        let service = bulkhead.layer(strict(|()| ready(Ok::<_, Down>(()))));
        for _ in 0..300 {
            let place = places.try_enter().unwrap();
            let mut first = tokio_test::task::spawn(service.clone().oneshot(()));
            let mut second = tokio_test::task::spawn(service.clone().oneshot(()));
            assert!(first.poll().is_pending());
            assert!(second.poll().is_pending());
            race(|| drop(place), || drop(first));
            assert!(second.is_woken());
            assert!(second.poll().is_ready());
            assert_eq!((places.in_flight(), places.queued()), (0, 0));
        }
    }
}

mod budget {
    use super::*;

    fn down() -> support::Strict<impl FnMut(()) -> Ready<Result<(), Down>> + Clone + Send + 'static> {
        strict(|()| ready(Err(Down(0))))
    }

    fn retry(budget: &Budget) -> RetryLayer {
        let builder = RetryLayer::builder("hammered").max_attempts(4).backoff(Backoff::none());
        builder.budget(budget.clone()).build().unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_budget_hands_out_exactly_what_it_holds() {
        let budget = Budget::builder().capacity(50).ratio(0.0).per_second(0.0).build().unwrap();
        let service = down();
        let calls = service.calls();
        let service = retry(&budget).layer(service);
        tasks(|_| {
            let service = service.clone();
            async move {
                for _ in 0..20 {
                    service.clone().oneshot(()).await.unwrap_err();
                    yield_now().await;
                }
            }
        })
        .await;
        assert_eq!((calls.count() - 20 * TASKS, budget.available()), (50, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn layers_that_share_a_budget_get_no_more_than_it_holds_together() {
        let budget = Budget::builder().capacity(50).ratio(0.0).per_second(0.0).build().unwrap();
        let service = down();
        let calls = service.calls();
        let services = [retry(&budget).layer(service.clone()), retry(&budget).layer(service)];
        tasks(|n| {
            let service = services[n % 2].clone();
            async move {
                for _ in 0..20 {
                    service.clone().oneshot(()).await.unwrap_err();
                    yield_now().await;
                }
            }
        })
        .await;
        assert_eq!((calls.count() - 20 * TASKS, budget.available()), (50, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn deposits_of_all_threads_are_spent_once() {
        // Spent in part, so that no deposit overflows.
        let budget = Budget::builder().capacity(1000).ratio(0.5).per_second(0.0).build().unwrap();
        let service = down();
        let calls = service.calls();
        let service = retry(&budget).layer(service);
        while budget.available() > 500 {
            service.clone().oneshot(()).await.unwrap_err();
        }
        let (held, before) = (budget.available(), calls.count());
        tasks(|_| {
            let service = service.clone();
            async move {
                for _ in 0..50 {
                    service.clone().oneshot(()).await.unwrap_err();
                }
            }
        })
        .await;
        let first_attempts = 50 * TASKS;
        let retries = (calls.count() - before - first_attempts) as u64;
        let deposits = first_attempts as u64 / 2;
        assert_eq!(retries + budget.available(), held + deposits);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn retries_dropped_before_they_were_sent_give_all_tokens_back() {
        let budget = Budget::builder().capacity(5).ratio(0.0).per_second(0.0).build().unwrap();
        let builder = RetryLayer::builder("hammered").max_attempts(2).backoff(Backoff::constant(DAY));
        let retry = builder.budget(budget.clone()).build().unwrap();
        let service = down();
        let calls = service.calls();
        let service = retry.layer(service);
        tasks(|n| {
            let service = service.clone();
            async move {
                for turn in 0..50 {
                    abandoned_after(1 + (n + turn) % 3, service.clone().oneshot(())).await;
                }
            }
        })
        .await;
        assert_eq!((calls.count(), budget.available()), (50 * TASKS, 5));
    }
}

mod together {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_stack_that_was_hammered_is_at_rest_and_answers() {
        let breaker = CircuitBreakerLayer::builder("together")
            .consecutive(3)
            .failure_rate(0.5)
            .min_calls(10)
            .probes(2)
            .open_for(Backoff::none())
            .build()
            .unwrap();
        let bulkhead = BulkheadLayer::builder(3).max_queue(4).build().unwrap();
        let retry = RetryLayer::builder("together").backoff(Backoff::none()).build().unwrap();
        let (circuit, places) = (breaker.handle(), bulkhead.handle());
        let (gauge, is_down) = (Gauge::default(), Arc::new(AtomicBool::new(true)));
        let service = strict({
            let (gauge, is_down) = (gauge.clone(), Arc::clone(&is_down));
            move |n: usize| {
                let (gauge, is_down) = (gauge.clone(), Arc::clone(&is_down));
                async move {
                    let _inside = gauge.enter();
                    yield_now().await;
                    if is_down.load(Ordering::SeqCst) && n % 3 > 0 { Err(Down(0)) } else { Ok(n) }
                }
            }
        });
        let service = tower::ServiceBuilder::new().layer(retry).layer(breaker).layer(bulkhead).service(service);
        tasks(|n| {
            let service = service.clone();
            async move {
                for turn in 0..100 {
                    match (n + turn) % 4 {
                        0 => drop(abandoned_after(turn % 5, service.clone().oneshot(n)).await),
                        _ => drop(service.clone().oneshot(n).await),
                    }
                }
            }
        })
        .await;
        assert!(gauge.most() <= 3, "{gauge:?}");
        assert_eq!((places.in_flight(), places.queued(), gauge.now()), (0, 0, 0));
        is_down.store(false, Ordering::SeqCst);
        // As many as complete the least calls of a window, which may open it once more, and then close it.
        for n in 0..20 {
            assert_eq!(service.clone().oneshot(n).await.unwrap(), n);
        }
        assert_eq!(circuit.phase(), Phase::Closed);
    }
}
