//! What is counted, layer by layer.

use super::*;

/// Asserts the values of a metric that has one label beside the name, in the order of the table.
#[track_caller]
fn assert_counts(registry: &Registry, metric: &str, expected: &[(&str, f64)]) {
    let counted: Vec<_> = expected.iter().map(|(label, _)| value(registry, metric, "seen", &[*label])).collect();
    let expected: Vec<_> = expected.iter().map(|(_, count)| Some(*count)).collect();
    assert_eq!(counted, expected, "{metric}");
}

#[tokio::test(start_paused = true)]
async fn a_circuit_counts_calls_rejections_and_transitions() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("seen").consecutive(2).registry(&registry).build().unwrap();
    let service = layer.layer(coded(&[200, 1, 1]));
    for _ in 0..5 {
        service.clone().oneshot(1).await.ok();
    }
    assert_counts(&registry, "palisade_circuit_calls_total", &[("success", 1.0), ("failure", 2.0), ("late", 0.0)]);
    assert_counts(&registry, "palisade_circuit_rejected_total", &[("circuit_open", 2.0), ("forced_open", 0.0)]);
    assert_counts(&registry, "palisade_circuit_phase", &[("closed", 0.0), ("open", 1.0)]);
    let transitions = |labels: &[&str]| value(&registry, "palisade_circuit_transitions_total", "seen", labels);
    assert_eq!(transitions(&["closed", "open", "consecutive"]), Some(1.0));
    assert_eq!(transitions(&["open", "half_open", "open_time_over"]), Some(0.0));
    assert_eq!(transitions(&["open", "closed", "recovered"]), None, "it is not legal");
}

/// A rejection by a layer below, and a service that is not ready.
#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_sent_below_is_ignored() {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("seen").registry(&registry).build().unwrap();
    let service = circuit.layer(BulkheadLayer::new(0).layer(up()));
    service.oneshot(1).await.unwrap_err();
    assert_counts(&registry, "palisade_circuit_calls_total", &[("ignored", 1.0), ("success", 0.0), ("failure", 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn the_ratio_of_failures_is_absent_below_min_calls() {
    let registry = Registry::new();
    let circuit = || CircuitBreakerLayer::builder("seen").without_consecutive().min_calls(4).registry(&registry);
    let (one, other) = (circuit().build().unwrap(), circuit().build().unwrap());
    let ratio = || value(&registry, "palisade_circuit_failure_ratio", "seen", &[]);
    let call = |layer: &CircuitBreakerLayer, fails: bool| {
        let call = layer.handle().try_enter().unwrap();
        if fails { call.failure() } else { call.success() }
    };
    (0..3).for_each(|n| call(&one, n == 0));
    assert_eq!(ratio(), None);
    call(&one, false);
    assert_eq!(ratio(), Some(0.25));
    (0..4).for_each(|_| call(&other, false));
    assert_eq!(ratio(), Some(0.125), "a ratio of sums");
    assert_eq!(value(&registry, "palisade_circuit_slow_ratio", "seen", &[]), None, "slow calls are not counted");
}

#[tokio::test(start_paused = true)]
async fn the_ratio_of_slow_calls_is_absent_below_min_calls() {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("seen").slow_rate(0.5, SECOND).min_calls(4).registry(&registry);
    let circuit = circuit.build().unwrap();
    let ratio = || value(&registry, "palisade_circuit_slow_ratio", "seen", &[]);
    let slow = circuit.handle().try_enter().unwrap();
    advance(2 * SECOND).await;
    slow.success();
    (0..2).for_each(|_| circuit.handle().try_enter().unwrap().success());
    assert_eq!(ratio(), None);
    circuit.handle().try_enter().unwrap().success();
    assert_eq!(ratio(), Some(0.25));
}

#[tokio::test(start_paused = true)]
async fn a_retry_counts_each_call_by_its_result() {
    let registry = Registry::new();
    let budget = Budget::builder().capacity(10).ratio(0.0).per_second(0.0).build().unwrap();
    let retry = RetryLayer::builder("seen").backoff(Backoff::none()).budget(budget).registry(&registry);
    let retry = retry.max_attempts(2).build().unwrap();
    for codes in [&[200][..], &[1, 200], &[1, 2]] {
        let codes: &'static [u32] = Box::leak(codes.into());
        retry.layer(coded(codes)).oneshot(1).await.ok();
    }
    drop(begin(&mut retry.layer(hung()), 1));
    let results =
        [("first", 1.0), ("retried", 1.0), ("failed_first", 0.0), ("failed_retried", 1.0), ("abandoned", 1.0)];
    assert_counts(&registry, "palisade_retry_calls_total", &results);
    assert_eq!(value(&registry, "palisade_retry_attempts_total", "seen", &[]), Some(6.0));
    assert_counts(&registry, "palisade_retry_stopped_total", &[("max_attempts", 1.0), ("budget", 0.0)]);
    assert_eq!(value(&registry, "palisade_retry_budget_tokens", "seen", &[]), Some(8.0));
}

#[tokio::test(start_paused = true)]
async fn the_tokens_are_absent_without_a_budget() {
    let registry = Registry::new();
    let _layer = RetryLayer::builder("seen").without_budget().registry(&registry).build().unwrap();
    assert_eq!(value(&registry, "palisade_retry_budget_tokens", "seen", &[]), None);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_retries_share_is_shown_once_for_each_name() {
    let registry = Registry::new();
    let budget = Budget::builder().capacity(10).build().unwrap();
    let retry = |name: &'static str| RetryLayer::builder(name).registry(&registry);
    let shares = |name| retry(name).budget(budget.clone()).build().unwrap();
    let _layers = [shares("seen"), shares("seen"), retry("seen").build().unwrap(), shares("other")];
    let tokens = |name| value(&registry, "palisade_retry_budget_tokens", name, &[]);
    assert_eq!(["seen", "other"].map(tokens), [Some(110.0), Some(10.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_counts_why_it_stopped() {
    let registry = Registry::new();
    let retry = RetryLayer::builder("seen").registry(&registry).build().unwrap();
    retry.layer(BulkheadLayer::new(0).layer(up())).oneshot(1).await.unwrap_err();
    Deadline::after(Duration::ZERO).scope(retry.layer(down()).oneshot(1)).await.unwrap_err();
    assert_counts(&registry, "palisade_retry_stopped_total", &[("rejected", 1.0), ("deadline", 1.0), ("no_copy", 0.0)]);
    assert_counts(&registry, "palisade_retry_calls_total", &[("failed_first", 2.0), ("first", 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_counts_by_what_it_ended_calls() {
    let registry = Registry::new();
    let limit = TimeoutLayer::new(SECOND).name(name("seen")).registry(&registry);
    limit.layer(hung()).oneshot(1).await.unwrap_err();
    Deadline::after(SECOND / 2).scope(limit.layer(hung()).oneshot(1)).await.unwrap_err();
    limit.layer(up()).oneshot(1).await.unwrap();
    assert_counts(&registry, "palisade_timeout_expired_total", &[("limit", 1.0), ("pause", 0.0), ("caller", 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_counts_rejections_and_shows_its_places() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(1).name(name("seen")).max_queue(1).registry(&registry).build().unwrap();
    let mut service = layer.layer(hung());
    let calls = [begin(&mut service, 1), begin(&mut service, 1)];
    service.clone().oneshot(1).await.unwrap_err();
    let places = ["in_flight", "limit", "queued"];
    let shown = |place: &str| value(&registry, &format!("palisade_bulkhead_{place}"), "seen", &[]);
    assert_eq!(places.map(shown), [Some(1.0); 3]);
    drop(calls);
    assert_eq!(places.map(shown), [Some(0.0), Some(1.0), Some(0.0)]);
    assert_counts(&registry, "palisade_bulkhead_rejected_total", &[("queue_full", 1.0), ("full", 0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_counts_answers_by_step_and_failures() {
    let registry = Registry::new();
    let step = |n: u32| {
        fallback::function_of(
            |request: &u32| *request,
            move |kept, _: Result<&u32, &Error>| if kept == n { Ok(7) } else { Err(Down(n)) },
        )
    };
    let layer = FallbackLayer::new(step(1)).or(step(2)).or(step(3)).or(step(4)).or(step(5));
    let layer = layer.name(name("seen")).registry(&registry);
    for request in 1..=6 {
        layer.layer(down()).oneshot(request).await.ok();
    }
    layer.layer(up()).oneshot(7).await.unwrap();
    let answers = [("1", 1.0), ("2", 1.0), ("3", 1.0), ("4", 2.0)];
    assert_counts(&registry, "palisade_fallback_answers_total", &answers);
    assert_eq!(value(&registry, "palisade_fallback_failed_total", "seen", &[]), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_layer_per_key_counts_calls_without_room() {
    let registry = Registry::new();
    let one_key = BulkheadLayer::builder(0).name(name("seen")).registry(&registry);
    let layer = one_key.per_key(|key: &u32| *key).capacity(1).build().unwrap();
    for key in [1, 2, 3] {
        layer.layer(up()).oneshot(key).await.ok();
    }
    assert_counts(&registry, "palisade_per_key_no_room_total", &[("passed", 2.0), ("rejected", 0.0)]);
    assert_counts(&registry, "palisade_bulkhead_rejected_total", &[("full", 1.0)]);
    assert_eq!(value(&registry, "palisade_per_key_keys", "seen", &[]), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_counts_rejections_by_criticality() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(1).name(name("seen")).max_queue(1).registry(&registry).build().unwrap();
    let mut service = layer.layer(hung());
    let _calls = [begin(&mut service, 1), begin(&mut service, 1)];
    let full = [Criticality::Sheddable, Criticality::Sheddable, Criticality::Critical];
    for class in full {
        class.scope(service.clone().oneshot(1)).await.unwrap_err();
    }
    layer.handle().resize(0);
    let no_queue = BulkheadLayer::builder(0).name(name("seen")).registry(&registry).build().unwrap();
    Criticality::CriticalPlus.scope(no_queue.layer(up()).oneshot(1)).await.unwrap_err();
    let classes = [("critical-plus", 1.0), ("critical", 1.0), ("sheddable-plus", 0.0), ("sheddable", 2.0)];
    assert_counts(&registry, "palisade_bulkhead_shed_total", &classes);
    let reasons = [("full", 1.0), ("queue_full", 3.0), ("waited_too_long", 0.0)];
    assert_counts(&registry, "palisade_bulkhead_rejected_total", &reasons);
}

#[tokio::test(start_paused = true)]
async fn the_limit_that_a_bulkhead_finds_is_shown_and_its_changes_are_counted() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(8).adaptive(Adaptive::aimd()).name(name("seen")).registry(&registry);
    let layer = layer.build().unwrap();
    let limit = || value(&registry, "palisade_bulkhead_limit", "seen", &[]);
    let slow = TimeoutLayer::new(SECOND).layer(layer.layer(hung()));
    slow.oneshot(1).await.unwrap_err();
    assert!(limit() < Some(8.0), "{:?}", limit());
    let changes = "palisade_bulkhead_limit_changes_total";
    assert_counts(&registry, changes, &[("by_hand", 0.0), ("adapted", 1.0)]);
    layer.handle().resize(5);
    assert_eq!(limit(), Some(5.0));
    assert_counts(&registry, changes, &[("by_hand", 1.0), ("adapted", 1.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_counts_what_it_admits_and_rejects() {
    let registry = Registry::new();
    let layer = RateLimitLayer::builder("seen", Rate::per_second(2)).registry(&registry).build().unwrap();
    for _ in 0..3 {
        layer.layer(up()).oneshot(1).await.ok();
    }
    assert_eq!(value(&registry, "palisade_rate_limit_admitted_total", "seen", &[]), Some(2.0));
    assert_counts(&registry, "palisade_rate_limit_rejected_total", &[("rate_limited", 1.0)]);
    let tokens = || value(&registry, "palisade_rate_limit_tokens", "seen", &[]);
    assert_eq!(tokens(), Some(0.0));
    advance(SECOND).await;
    assert_eq!(tokens(), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_leaves_before_its_turn_was_not_admitted() {
    let registry = Registry::new();
    let layer = RateLimitLayer::builder("seen", Rate::per_second(1)).max_wait(10 * SECOND).registry(&registry);
    let mut service = layer.build().unwrap().layer(up());
    service.clone().oneshot(1).await.unwrap();
    let [mut next, last] = [(); 2].map(|()| begin(&mut service, 1));
    let [admitted, waiting] = ["admitted_total", "waiting"].map(|metric| format!("palisade_rate_limit_{metric}"));
    let counts = || [&admitted, &waiting].map(|metric| value(&registry, metric, "seen", &[]));
    assert_eq!(counts(), [Some(1.0), Some(2.0)]);
    drop(last);
    advance(SECOND).await;
    assert!(next.poll().is_ready());
    assert_eq!(counts(), [Some(2.0), Some(0.0)]);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_counts_what_it_rejects_and_how_the_others_ended() {
    let registry = Registry::new();
    let ignored = |result: Result<&u32, &Error>| match result {
        Ok(0) => Outcome::Ignored,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failed,
    };
    let layer = ThrottleLayer::builder("seen").seed(1).classify(ignored).registry(&registry).build().unwrap();
    let ratio = || value(&registry, "palisade_throttle_accepted_ratio", "seen", &[]);
    assert_eq!(ratio(), None);
    for request in [0, 1, 1] {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    assert_eq!(ratio(), Some(1.0));
    let service = Criticality::Sheddable
        .scope(async { while !matches!(layer.layer(down::<u32>()).oneshot(1).await, Err(Error::Rejected(_))) {} });
    service.await;
    let seen = layer.handle().snapshot(Criticality::Sheddable);
    let (rejected, failed) = (f64::from(1), f64::from(u32::try_from(seen.requests).unwrap() - 1));
    let ended = [("accepted", 2.0), ("failed", failed), ("uncounted", 1.0)];
    assert_counts(&registry, "palisade_throttle_calls_total", &ended);
    let by_class = [("sheddable", rejected), ("critical", 0.0)];
    assert_counts(&registry, "palisade_throttle_rejected_total", &by_class);
    assert_eq!(ratio(), Some(2.0 / (3.0 + failed)));
}

#[test]
fn a_rate_limit_counts_how_often_it_was_shut() {
    let registry = Registry::new();
    let layer = RateLimitLayer::builder("seen", Rate::per_second(1)).registry(&registry).per_key(|key: &u32| *key);
    let limits = layer.build().unwrap().handle();
    assert!(limits.block(1, SECOND) && limits.block(2, SECOND));
    assert_eq!(value(&registry, "palisade_rate_limit_shut_total", "seen", &[]), Some(2.0));
}

#[tokio::test(start_paused = true)]
async fn a_criticality_layer_counts_calls_by_class() {
    let registry = Registry::new();
    let class = |n: &u32| if *n == 0 { Criticality::Sheddable } else { Criticality::Critical };
    let layer = CriticalityLayer::by(class).name(name("seen")).registry(&registry);
    for request in [0, 1, 2] {
        layer.layer(up()).oneshot(request).await.unwrap();
    }
    let classes = [("critical-plus", 0.0), ("critical", 2.0), ("sheddable-plus", 0.0), ("sheddable", 1.0)];
    assert_counts(&registry, "palisade_criticality_calls_total", &classes);
}
