//! A hedge around layers that admit calls: what they lend is given back, and what they count is right.

use palisade::test_util::{Reply, ScriptedService, assert_at_rest, drop_at_every_poll};
use palisade::{CircuitBreakerBuilder, CircuitBreakerLayer, Phase, Registry, ThrottleLayer};
use tower::limit::ConcurrencyLimitLayer;

use super::*;

fn breaker() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("below").probes(1).open_for(Backoff::constant(SECOND))
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_of_one_place_leaves_it_to_the_first() {
    let (hedge, places) = (ten().build().unwrap(), BulkheadLayer::new(1));
    assert_eq!(send(&(hedge.clone(), places.clone()), &[(50, 200)]).await, seen(200, &[0], 50));
    assert_eq!(send(&(hedge.clone(), places.clone()), &[(30, 1)]).await, seen(1, &[0], 30), "no rejection hides it");
    let queue = BulkheadLayer::builder(1).max_wait(SECOND).build().unwrap();
    let rows: [(&str, &'static [(u64, u32)], _); 3] = [
        ("the first ends, and the hedge leaves the queue", &[(50, 200)], seen(200, &[0], 50)),
        ("the first fails, and the hedge gets its place", &[(30, 1), (5, 201)], seen(201, &[0, 30], 35)),
        ("all fail", &[(30, 1), (5, 2)], seen(2, &[0, 30], 35)),
    ];
    for (what, plan, expected) in rows {
        assert_eq!(send(&(hedge.clone(), queue.clone()), plan).await, expected, "{what}");
        // tower's limit takes its place in `poll_ready`.
        let limit = ConcurrencyLimitLayer::new(1);
        assert_eq!(send(&(hedge.clone(), limit), plan).await, expected, "{what}, tower");
        assert_eq!((queue.handle().in_flight(), queue.handle().queued()), (0, 0), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_meanwhile_rejects_the_hedge_alone() {
    let circuit = breaker().build().unwrap();
    let opens = async {
        sleep(5 * MILLI).await;
        circuit.handle().force_open();
    };
    let stack = (ten().build().unwrap(), circuit.clone());
    let (call, ()) = tokio::join!(send(&stack, &[(50, 200)]), opens);
    assert_eq!(call, seen(200, &[0], 50));
}

#[tokio::test(start_paused = true)]
async fn the_only_probe_of_a_circuit_is_not_hedged() {
    let circuit = breaker().consecutive(1).build().unwrap();
    circuit.handle().try_enter().unwrap().failure();
    sleep(SECOND).await;
    let stack = (ten().build().unwrap(), circuit.clone());
    assert_eq!(send(&stack, &[(50, 200)]).await, seen(200, &[0], 50));
    assert_eq!(circuit.handle().phase(), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_lost_says_nothing_about_the_service() {
    let (circuit, throttle) = (breaker().build().unwrap(), ThrottleLayer::builder("below").build().unwrap());
    let stack = (ten().build().unwrap(), circuit.clone(), throttle.clone());
    assert_eq!(send(&stack, &[(NEVER, 200), (5, 201)]).await, seen(201, &[0, 10], 15));
    let (calls, accepts) = (circuit.handle().snapshot().counts, throttle.handle().snapshot(Criticality::Critical));
    assert_eq!((calls.calls, calls.failures, accepts.requests, accepts.accepts), (1, 0, 1, 1));
}

/// A hedge, a circuit, a queue of one place, and a timeout: dropped with one attempt in flight and another in the queue, and the like.
#[tokio::test(start_paused = true)]
async fn dropped_at_every_poll_it_gives_back_all_that_it_held() {
    let replies = [Reply::After(20 * MILLI, Err(Down(1))), Reply::Never, Reply::After(5 * MILLI, Ok(200))];
    for (first, least) in [(0, 4), (1, 3), (2, 1)] {
        let registry = Registry::new();
        let budget = fixed_budget(1_000);
        let hedge = ten().max_hedges(3).budget(budget).registry(&registry).build().unwrap();
        let circuit = breaker().consecutive(1_000).min_calls(1_000).registry(&registry).build().unwrap();
        let queue = BulkheadLayer::builder(1).max_wait(SECOND).registry(&registry).build().unwrap();
        let limit = TimeoutLayer::new(30 * MILLI).registry(&registry);
        let stack = (hedge, circuit, queue, limit);
        let mut polls = 0;
        let call = || stack.layer(ScriptedService::new(replies.into_iter().cycle().skip(first))).oneshot(7);
        let ended = drop_at_every_poll(call, async |after| {
            polls = after;
            assert_at_rest(&registry);
        });
        assert_eq!(code(&ended.await), 200);
        assert!(polls >= least, "it was dropped after {polls} polls at most");
        assert_at_rest(&registry);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_gives_back_the_only_probe() {
    let registry = Registry::new();
    let circuit = breaker().consecutive(1).registry(&registry).build().unwrap();
    circuit.handle().try_enter().unwrap().failure();
    sleep(SECOND).await;
    let service = (ten().max_hedges(2).build().unwrap(), circuit.clone());
    let service = service.layer(ScriptedService::new(std::iter::repeat(Reply::After(50 * MILLI, Ok::<_, Down>(200)))));
    let ended = drop_at_every_poll(|| service.clone().oneshot(7), async |_| assert_at_rest(&registry));
    assert_eq!((code(&ended.await), circuit.handle().phase()), (200, Phase::Closed));
}

/// Of a limit of 50 ms around, the service must have had at least half to be to blame.
#[tokio::test(start_paused = true)]
async fn a_limit_that_runs_out_around_blames_each_attempt_for_itself() {
    for (after, failures) in [(10, 2), (25, 2), (26, 1), (50, 1)] {
        let throttle = ThrottleLayer::builder("below").build().unwrap();
        let hedge = HedgeLayer::builder("hedge").after(after * MILLI).build().unwrap();
        let stack = (TimeoutLayer::new(50 * MILLI), hedge, throttle.clone());
        assert_eq!(send(&stack, &[(NEVER, 200)]).await.code, TIMED_OUT, "{after}");
        let counted = throttle.handle().snapshot(Criticality::Critical);
        assert_eq!((counted.requests, counted.accepts), (failures, 0), "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_one_attempt_is_no_failure_of_the_other() {
    let (circuit, sent) = (breaker().build().unwrap(), AtomicUsize::new(0));
    let service = service_fn(|_: u32| {
        let is_first = sent.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            sleep(20 * MILLI).await;
            assert!(!is_first, "by plan");
            Ok::<_, Error>(200)
        }
    });
    let mut call = task::spawn((ten().build().unwrap(), circuit.clone()).layer(service).oneshot(7));
    assert_pending!(call.poll());
    advance(10 * MILLI).await;
    assert_pending!(call.poll());
    advance(10 * MILLI).await;
    assert!(panics(|| drop(call.poll())));
    drop(call);
    let counts = circuit.handle().snapshot().counts;
    assert_eq!((counts.calls, counts.failures), (1, 1));
}
