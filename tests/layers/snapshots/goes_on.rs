//! What goes on from a snapshot.

use palisade::event::Kind;
use palisade::test_util::EventLog;
use palisade::{
    Adaptive, Budget, BulkheadHandle, BulkheadLayer, HedgeLayer, Name, Objective, Outcome, Phase, Rate,
    RateLimitHandle, RateLimitLayer, RetryLayer,
};
use tokio::time::advance;
use tower::{Layer, ServiceExt};

use super::*;
use crate::support::services::down;

/// Two registries: one whose process ends, and one of the next process.
fn registries() -> [Registry; 2] {
    [(); 2].map(|()| Registry::new())
}

#[tokio::test(start_paused = true)]
async fn a_circuit_is_open_for_what_was_left() {
    let [before, after] = registries();
    let _circuit = opened(&before);
    advance(300 * SECOND).await;
    let circuit = circuit(&after);
    let restored = after.restore(&older(&before.snapshot(), 500_000));
    assert_eq!(restored.instances.iter().map(ToString::to_string).collect::<Vec<_>>(), ["circuit breaker `payments`"]);
    assert_eq!((circuit.phase(), circuit.try_enter().is_err()), (Phase::Open, true));
    // 300 s have passed before the snapshot, and 500 s and a moment since.
    let left = circuit.snapshot().retry_after.expect("it is open");
    assert!(left <= 200 * SECOND && left > 100 * SECOND, "{left:?}");
    advance(200 * SECOND).await;
    circuit.try_enter().expect("it is due").success();
}

#[tokio::test(start_paused = true)]
async fn an_open_time_that_is_over_leaves_a_probe() {
    let after = Registry::new();
    let circuit = circuit(&after);
    after.restore(&older(&of_open_circuit(), 1_000_000));
    assert_eq!(circuit.phase(), Phase::Open);
    let probe = circuit.try_enter().expect("it is due");
    assert_eq!(circuit.phase(), Phase::HalfOpen);
    drop(probe);
}

#[test]
fn a_circuit_tells_that_it_is_restored_and_what_that_changed() {
    let (after, events) = (Registry::new(), EventLog::of_thread());
    let _circuit = circuit(&after);
    let snapshot = of_open_circuit();
    let told = events.of("palisade::circuit_breaker").len();
    after.restore(&snapshot);
    let changed = &events.of("palisade::circuit_breaker")[told..];
    let fields = ["name", "from", "to", "reason"].map(|field| changed[0].field(field));
    assert_eq!((changed.len(), fields), (1, ["payments", "closed", "open", "restored"]));
    let restored = events.of("palisade::registry");
    let fields = ["message", "kind", "name"].map(|field| restored[0].field(field));
    assert_eq!((restored.len(), fields), (1, ["restored", "circuit breaker", "payments"]));
}

#[test]
fn a_restored_outage_is_in_the_timeline() {
    let after = Registry::new();
    let circuit = circuit(&after);
    after.restore(&of_open_circuit());
    assert_eq!(circuit.figures(None).failures, 1);
}

#[test]
fn results_go_on() {
    let [before, after] = registries();
    let [first, second] = [&before, &after].map(|registry| {
        let builder = CircuitBreakerLayer::builder("payments").failure_rate(0.5).min_calls(4).registry(registry);
        builder.build().unwrap().handle()
    });
    (0..3).for_each(|_| first.try_enter().unwrap().failure());
    after.restore(&before.snapshot());
    assert_eq!((second.phase(), second.snapshot().counts.failures), (Phase::Closed, 3));
    second.try_enter().unwrap().failure();
    assert_eq!(second.phase(), Phase::Open);
}

fn rate_limit(registry: &Registry) -> RateLimitHandle {
    RateLimitLayer::builder("api", Rate::per(LONG, 1))
        .burst(5)
        .registry(registry)
        .build()
        .expect("all settings are legal")
        .handle()
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_has_what_was_left() {
    let [before, after] = registries();
    let [first, second] = [&before, &after].map(rate_limit);
    first.try_enter_many(3).unwrap();
    assert_eq!(why(&after.restore(&older(&before.snapshot(), 1_000_000))), None);
    assert_eq!(second.snapshot().available, 3);
}

/// Ten tokens, and no more.
fn budget() -> Budget {
    Budget::builder().capacity(10).ratio(0.0).per_second(0.0).build().expect("all settings are legal")
}

#[tokio::test(start_paused = true)]
async fn a_budget_has_what_was_left_for_all_who_share_it() {
    let (registries, budgets) = (registries(), [budget(), budget()]);
    let layers = [0, 1].map(|process: usize| {
        ["reads", "writes"].map(|name| {
            let builder = RetryLayer::builder(name).max_attempts(4).backoff(Backoff::none());
            builder.budget(budgets[process].clone()).registry(&registries[process]).build().unwrap()
        })
    });
    layers[0][0].layer(down::<u32>()).oneshot(1).await.unwrap_err();
    assert_eq!(budgets[0].available(), 7);
    let restored = registries[1].restore(&registries[0].snapshot());
    assert_eq!((restored.instances.len(), budgets[1].available()), (2, 7));
}

#[tokio::test(start_paused = true)]
async fn the_budget_of_hedges_has_what_was_left() {
    let [before, after] = registries();
    let [first, second] = [&before, &after].map(|registry| {
        let builder = HedgeLayer::builder("search").after(SECOND).max_hedges(3).budget(budget());
        builder.registry(registry).build().unwrap()
    });
    first.layer(down::<u32>()).oneshot(1).await.unwrap_err();
    after.restore(&before.snapshot());
    assert_eq!([first, second].map(|layer| layer.handle().budget().available()), [7, 7]);
}

fn adaptive(registry: &Registry) -> BulkheadHandle {
    let builder = BulkheadLayer::builder(20)
        .name(Name::new("pool").expect("all settings are legal"))
        .adaptive(Adaptive::aimd().max(500));
    builder.registry(registry).build().expect("all settings are legal").handle()
}

#[test]
fn an_adaptive_limit_goes_on_and_a_given_one_is_no_news() {
    let [before, after] = registries();
    let [first, second] = [&before, &after].map(adaptive);
    let fixed = |registry| BulkheadLayer::builder(5).name(Name::new("given").unwrap()).registry(registry).build();
    let _given = [&before, &after].map(|registry| fixed(registry).unwrap());
    first.resize(333);
    let restored = after.restore(&before.snapshot());
    assert_eq!((why(&restored), second.limit()), (None, 333));
}

#[tokio::test(start_paused = true)]
async fn calls_that_wait_get_the_places_of_a_restored_limit() {
    let [before, after] = registries();
    let _first = adaptive(&before);
    let builder = BulkheadLayer::builder(1).name(Name::new("pool").unwrap()).adaptive(Adaptive::aimd());
    let second = builder.max_wait(LONG).registry(&after).build().unwrap().handle();
    let place = second.enter().await.unwrap();
    let waiting = tokio::spawn(second.enter());
    tokio::task::yield_now().await;
    assert_eq!(second.queued(), 1);
    after.restore(&before.snapshot());
    let next = waiting.await.unwrap().unwrap();
    assert_eq!(second.in_flight(), 2);
    drop((place, next));
}

fn objective(registry: &Registry) -> Objective {
    Objective::builder("checkout").availability(0.999).registry(registry).build().expect("all settings are legal")
}

#[tokio::test(start_paused = true)]
async fn an_objective_has_the_calls_of_its_period_and_fires_again() {
    let [before, after] = registries();
    let [first, second] = [&before, &after].map(objective);
    (0..100).for_each(|_| first.record(Outcome::Failed, SECOND));
    let events = EventLog::of_thread();
    assert_eq!(why(&after.restore(&before.snapshot())), None);
    let seen = second.availability().unwrap();
    assert_eq!((seen.asked, seen.bad, second.is_met()), (100, 100, false));
    assert!(events.of("palisade::objective").iter().any(|told| told.field("message") == "alert fires"));
}

#[tokio::test(start_paused = true)]
async fn every_kind_that_keeps_something_comes_through_json_as_it_is() {
    let [before, after] = registries();
    let circuit = opened(&before);
    let (limit, bulkhead, objective) = (rate_limit(&before), adaptive(&before), objective(&before));
    let retry = RetryLayer::builder("reads").registry(&before).build().unwrap();
    limit.try_enter().unwrap();
    objective.record(Outcome::Success, SECOND);
    let snapshot = before.snapshot();
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
    let kinds: Vec<_> =
        as_json(&snapshot)["instances"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    let expected = [Kind::Bulkhead, Kind::CircuitBreaker, Kind::Objective, Kind::RateLimit, Kind::Retry];
    assert_eq!(kinds, expected.map(Kind::as_str));
    drop((circuit, bulkhead, retry, after));
}
