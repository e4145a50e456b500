//! What is left out of a snapshot, and why.

use palisade::test_util::EventLog;
use palisade::{Phase, Rate, RateLimitLayer};

use super::*;

/// Restores into one fresh circuit, which is closed where it is left out.
fn restored(snapshot: &Snapshot) -> Option<WhyLeftOut> {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    let why = why(&registry.restore(snapshot));
    assert_eq!(circuit.phase() == Phase::Open, why.is_none());
    why
}

#[test]
fn by_age_it_is_restored_expired_or_from_the_future() {
    const DAY: Duration = Duration::from_secs(86_400);
    let rows = [
        ("now", 0, None, None),
        ("before half an hour", 1_800_000, None, None),
        ("before an hour", 3_600_000 + 1, None, Some(WhyLeftOut::Expired)),
        ("before an hour, of a day", 3_600_001, Some(DAY), None),
        ("before two days, of a day", 172_800_000, Some(DAY), Some(WhyLeftOut::Expired)),
        ("before 30 years, for ever", 946_080_000_000, Some(Duration::MAX), None),
        ("before a second, of none", 1_000, Some(Duration::ZERO), Some(WhyLeftOut::Expired)),
        ("in the next minutes", -500_000, None, Some(WhyLeftOut::FromTheFuture)),
        ("in the next minutes, for ever", -500_000, Some(Duration::MAX), Some(WhyLeftOut::FromTheFuture)),
        ("within the second that clocks may differ", -900, Some(Duration::MAX), None),
    ];
    for (label, millis, expires, expected) in rows {
        let snapshot = older(&of_open_circuit(), millis);
        let snapshot = expires.map_or(snapshot.clone(), |expires| snapshot.expires(expires));
        assert_eq!(restored(&snapshot), expected, "{label}");
    }
}

#[test]
fn a_snapshot_of_a_newer_version_is_left_out_whole() {
    let mut json = as_json(&of_open_circuit());
    json["version"] = 2.into();
    json["more"] = json!({ "of": "later" });
    assert_eq!(restored(&of_json(&json)), Some(WhyLeftOut::Newer));
}

#[test]
fn what_is_not_listed_is_unknown() {
    for (field, text) in [("name", "orders"), ("kind", "rate limit"), ("kind", "time machine")] {
        let mut json = as_json(&of_open_circuit());
        json["instances"][0][field] = text.into();
        assert_eq!(restored(&of_json(&json)), Some(WhyLeftOut::Unknown), "{text}");
    }
}

#[test]
fn of_two_of_one_name_none_is_restored() {
    let registry = Registry::new();
    let circuits = [circuit(&registry), circuit(&registry)];
    assert_eq!(why(&registry.restore(&of_open_circuit())), Some(WhyLeftOut::Ambiguous));
    assert_eq!(circuits.map(|circuit| circuit.phase()), [Phase::Closed; 2]);
}

#[test]
fn of_two_in_the_snapshot_none_is_restored() {
    let before = Registry::new();
    let _circuits = [opened(&before), circuit(&before)];
    let registry = Registry::new();
    let circuit = circuit(&registry);
    let restored = registry.restore(&before.snapshot());
    assert!(restored.left_out.iter().all(|left_out| left_out.why == WhyLeftOut::Ambiguous));
    assert_eq!((restored.left_out.len(), circuit.phase()), (2, Phase::Closed));
}

#[test]
fn what_has_counted_or_was_set_goes_on_as_it_is() {
    let used: [fn(&CircuitHandle); 3] =
        [|circuit| circuit.try_enter().unwrap().failure(), CircuitHandle::force_closed, CircuitHandle::reset];
    for used_by in used {
        let registry = Registry::new();
        let circuit = circuit(&registry);
        used_by(&circuit);
        let phase = circuit.phase();
        assert_eq!(why(&registry.restore(&of_open_circuit())), Some(WhyLeftOut::Used));
        assert_eq!(circuit.phase(), phase);
    }
}

#[test]
fn a_second_restore_changes_nothing() {
    let (registry, snapshot) = (Registry::new(), of_open_circuit());
    let _circuit = circuit(&registry);
    assert_eq!(why(&registry.restore(&snapshot)), None);
    assert_eq!(why(&registry.restore(&snapshot)), Some(WhyLeftOut::Used));
}

#[test]
fn forced_phases_are_restored_only_if_asked() {
    let set: [fn(&CircuitHandle); 3] =
        [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only];
    for set in set {
        let (before, after) = (Registry::new(), Registry::new());
        let (first, second) = (circuit(&before), circuit(&after));
        set(&first);
        let snapshot = before.snapshot();
        assert_eq!(why(&after.restore(&snapshot)), Some(WhyLeftOut::Forced));
        assert_eq!(second.phase(), Phase::Closed);
        assert_eq!(why(&after.restore(&snapshot.forced())), None);
        assert_eq!(second.phase(), first.phase());
    }
}

#[test]
fn limits_of_keys_are_not_kept() {
    let registry = Registry::new();
    let layer = RateLimitLayer::builder("api", Rate::per_second(1)).per_key(|key: &u32| *key);
    let _layer = layer.registry(&registry).build().unwrap();
    assert_eq!(as_json(&registry.snapshot())["instances"], json!([]));
}

#[test]
fn each_reason_is_told_once() {
    let (registry, events) = (Registry::new(), EventLog::of_thread());
    let snapshot = of_open_circuit();
    let instance = &as_json(&snapshot)["instances"][0];
    let mut json = as_json(&snapshot);
    json["instances"] = (0..30)
        .map(|number| {
            let mut instance = instance.clone();
            instance["name"] = format!("n{number}\n").into();
            instance
        })
        .collect();
    let restored = registry.restore(&of_json(&json));
    let told = events.of("palisade::registry");
    let fields = ["message", "name", "why", "count"].map(|field| told[0].field(field));
    assert_eq!((told.len(), fields), (1, ["left out of a snapshot", "snapshot", "unknown", "30"]));
    let what = told[0].field("what");
    assert!(what.starts_with("circuit breaker `n0\\n`, circuit breaker `n1\\n`") && what.len() < 300, "{what}");
    assert_eq!((restored.left_out.len(), restored.left_out[0].name.as_str()), (30, "n0\n"));
}
