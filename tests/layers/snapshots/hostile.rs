//! Snapshots that nobody has taken.

use palisade::{Adaptive, BulkheadLayer, Name, Objective, Phase, Rate, RateLimitLayer, RetryLayer};

use super::*;

/// The text of a snapshot with this state of an instance.
fn with_state(kind: &str, name: &str, state: &str) -> String {
    format!(r#"{{"version": 1, "taken": 0, "instances": [{{"kind": "{kind}", "name": "{name}", "state": {state}}}]}}"#)
}

/// Restores it into one instance of each kind, and looks at all of them.
fn restored(text: &str) -> Option<WhyLeftOut> {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("it").failure_rate(0.5).slow_rate(0.5, SECOND).registry(&registry);
    let counted = CircuitBreakerLayer::builder("counted").failure_rate(0.5).count_window(100).registry(&registry);
    let limit = RateLimitLayer::builder("it", Rate::per_second(1)).registry(&registry);
    let bulkhead =
        BulkheadLayer::builder(5).name(Name::new("it").expect("all settings are legal")).adaptive(Adaptive::vegas());
    let instances = (
        circuit.build().expect("all settings are legal"),
        counted.build().expect("all settings are legal"),
        limit.build().expect("all settings are legal").handle(),
        bulkhead.registry(&registry).build().expect("all settings are legal").handle(),
        RetryLayer::builder("it").registry(&registry).build().expect("all settings are legal"),
        Objective::builder("it")
            .availability(0.999)
            .latency(0.99, SECOND)
            .registry(&registry)
            .build()
            .expect("all settings are legal"),
    );
    let snapshot: Snapshot = serde_json::from_str(text).expect("it is a snapshot");
    let restored = registry.restore(&snapshot.expires(Duration::MAX).forced());
    for circuit in [instances.0.handle(), instances.1.handle()] {
        if let Ok(call) = circuit.try_enter() {
            call.failure();
        }
        circuit.snapshot();
    }
    instances.2.try_enter().ok();
    drop(instances.3.try_enter());
    instances.5.record(palisade::Outcome::Failed, SECOND);
    instances.5.figures(None);
    registry.instances();
    registry.metrics();
    registry.snapshot();
    why(&restored)
}

#[test]
fn what_no_instance_can_be_is_damaged() {
    let closed = |window: &str| {
        format!(r#"{{"phase": "closed", "left": 0, "step": 0, "last_open_for": 0, "streak": 0, "window": {window}}}"#)
    };
    let rows = [
        ("circuit breaker", "null".to_owned()),
        ("circuit breaker", "[]".to_owned()),
        ("circuit breaker", r#"{"phase": "ajar"}"#.to_owned()),
        ("circuit breaker", closed(r#"{"time": [[0, [1, 2, 0, 0]]]}"#)),
        ("circuit breaker", closed(r#"{"time": [[0, [1, 1, 1, 0]]]}"#)),
        ("circuit breaker", closed(r#"{"time": [[0, [1, 18446744073709551615, 18446744073709551615, 0]]]}"#)),
        ("circuit breaker", closed(r#"{"time": [[0, [1, 0, 0, 2]]]}"#)),
        ("circuit breaker", closed(r#"{"time": [[-1, [1, 0, 0, 0]]]}"#)),
        ("circuit breaker", closed(r#"{"count": [[8, 1]]}"#)),
        ("circuit breaker", closed(r#"{"count": [[3, 1]]}"#)),
        ("circuit breaker", closed(r#"{"moons": []}"#)),
        ("rate limit", r#"{"full_in": 5, "interval": 0}"#.to_owned()),
        ("rate limit", r#"{"full_in": 1e300, "interval": 1}"#.to_owned()),
        ("bulkhead", "0.5".to_owned()),
        ("bulkhead", "-1e308".to_owned()),
        ("bulkhead", "null".to_owned()),
        ("retry", r#""all""#.to_owned()),
        ("objective", r#"{"hour": [[0, [18446744073709551615, 1, 0]]], "period": []}"#.to_owned()),
        ("objective", r#"{"hour": [], "period": [[0, [1, 1]]]}"#.to_owned()),
    ];
    for (kind, state) in rows {
        assert_eq!(restored(&with_state(kind, "it", &state)), Some(WhyLeftOut::Damaged), "{kind}: {state}");
    }
}

#[test]
fn the_largest_numbers_are_restored_within_what_the_settings_allow() {
    const MAX: &str = "18446744073709551615";
    let window = |window: &str| {
        format!(
            r#"{{"phase": "closed", "left": {MAX}, "step": 4294967295, "last_open_for": {MAX}, "streak": 4294967295, "window": {window}, "more": [1]}}"#
        )
    };
    let time = window(&format!(
        r#"{{"time": [[0, [{MAX}, {MAX}, 0, {MAX}]], [{MAX}, [{MAX}, 0, 0, 0]], [0, [1, 1, 0, 1]]]}}"#
    ));
    let count = window(&format!(r#"{{"count": [[1, {MAX}], [0, {MAX}], [4, 0]]}}"#));
    let rows = [
        ("circuit breaker", "it", time.replace("closed", "metrics_only")),
        ("circuit breaker", "it", time),
        ("circuit breaker", "counted", count),
        ("circuit breaker", "it", window(r#""none""#).replace("closed", "open")),
        ("circuit breaker", "it", window(r#""none""#).replace("closed", "half_open")),
        ("rate limit", "it", format!(r#"{{"full_in": {MAX}, "interval": {MAX}}}"#)),
        ("rate limit", "it", format!(r#"{{"full_in": {MAX}, "interval": 1}}"#)),
        ("bulkhead", "it", "1e308".to_owned()),
        ("retry", "it", format!(r#"{{"balance": {MAX}, "rest": {MAX}}}"#)),
        (
            "objective",
            "it",
            format!(r#"{{"hour": [[0, [0, 0, 1152921504606846975]]], "period": [[{MAX}, [1, 1, 1]]]}}"#),
        ),
    ];
    for (kind, name, state) in rows {
        assert_eq!(restored(&with_state(kind, name, &state)), None, "{kind}: {state}");
        let now = with_state(kind, name, &state).replace(r#""taken": 0"#, &format!(r#""taken": {}"#, i64::MIN));
        assert_eq!(restored(&now), None, "{kind}: {state}");
    }
}

#[test]
fn no_time_of_taking_is_too_far_away() {
    for (taken, why) in [(i64::MIN, None), (i64::MAX, Some(WhyLeftOut::FromTheFuture)), (-1, None)] {
        let mut json = as_json(&of_open_circuit());
        json["taken"] = taken.into();
        let registry = Registry::new();
        let circuit = circuit(&registry);
        assert_eq!(super::why(&registry.restore(&of_json(&json).expires(Duration::MAX))), why, "{taken}");
        assert_eq!(circuit.phase() == Phase::Open, why.is_none());
    }
}

#[test]
fn what_is_no_snapshot_is_an_error_and_no_panic() {
    let deep =
        format!(r#"{{"version": 1, "taken": 0, "instances": [], "values": {{"a": {}}}}}"#, "[".repeat(1_000_000));
    let rows = [
        "",
        "null",
        "{}",
        r#"{"version": 1}"#,
        r#"{"version": -1, "taken": 0}"#,
        r#"{"version": 1, "taken": 1e400}"#,
        r#"{"version": 1, "taken": NaN}"#,
        r#"{"version": 1, "taken": 0, "instances": {"kind": 1}}"#,
        r#"{"version": 1, "taken": 0, "instances": [{"kind": "circuit breaker"}]}"#,
        &deep,
    ];
    for text in rows {
        assert!(serde_json::from_str::<Snapshot>(text).is_err(), "{}", &text[..text.len().min(80)]);
    }
    let whole = serde_json::to_string(&of_open_circuit()).unwrap();
    for end in 0..whole.len() {
        assert!(serde_json::from_str::<Snapshot>(&whole[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_hundred_thousand_instances_are_left_out_one_by_one() {
    let instance = as_json(&of_open_circuit())["instances"][0].clone();
    let mut json = as_json(&of_open_circuit());
    json["instances"] = vec![instance; 100_000].into();
    assert!(json.to_string().len() > 10_000_000);
    let registry = Registry::new();
    let _circuit = circuit(&registry);
    let restored = registry.restore(&of_json(&json));
    assert_eq!((restored.instances.len(), restored.left_out.len()), (0, 100_000));
}
