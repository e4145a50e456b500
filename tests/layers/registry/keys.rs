//! Layers per key: totals, and the keys that are worst off.

use super::*;

fn rows(instances: &[Instance]) -> Vec<(&'static str, Option<&str>)> {
    instances.iter().map(|instance| (instance.kind.as_str(), instance.key.as_deref())).collect()
}

#[test]
fn keys_are_not_shown_unless_the_layer_shows_them() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("seen").registry(&registry).per_key(|key: &u32| *key).build().unwrap();
    layer.layer(up()).oneshot(7).now_or_never().unwrap().unwrap();
    assert_eq!(rows(&registry.instances()), [("per key", None)]);
    assert_eq!(value(&registry, "palisade_circuit_phase", "seen", &["closed"]), Some(1.0));
    assert_eq!(value(&registry, "palisade_circuit_calls_total", "seen", &["success"]), Some(1.0));
}

#[test]
fn the_twenty_keys_that_are_worst_off_are_listed() {
    let registry = Registry::new();
    let builder = CircuitBreakerLayer::builder("seen").registry(&registry);
    let layer = builder.per_key(|key: &u32| *key).show_keys().build().unwrap();
    for key in 0..50 {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    let circuits = layer.handle();
    circuits.get(&7).unwrap().force_open();
    circuits.get(&30).unwrap().try_enter().unwrap().failure();
    let instances = registry.instances();
    assert_eq!(instances.iter().filter(|instance| instance.key.is_some()).count(), 20);
    let worst = [("per key", None), ("circuit breaker", Some("7")), ("circuit breaker", Some("30"))];
    assert_eq!(rows(&instances)[..3], worst);
    assert_eq!(value(&registry, "palisade_circuit_phase", "seen", &["closed"]), Some(49.0));
}

#[test]
fn of_bulkheads_those_with_the_fewest_places_left_are_worst_off() {
    let registry = Registry::new();
    let builder = BulkheadLayer::builder(4).registry(&registry);
    let layer = builder.per_key(|key: &u32| *key).show_keys().build().unwrap();
    for key in 0..3 {
        layer.layer(up()).oneshot(key).now_or_never().unwrap().unwrap();
    }
    let _places = [1, 2, 1].map(|key| layer.handle().get(&key).unwrap().try_enter().unwrap());
    let instances = registry.instances();
    let keys: Vec<_> = rows(&instances).into_iter().filter_map(|(_, key)| key).collect();
    assert_eq!(keys, ["1", "2", "0"]);
}

#[test]
fn no_key_is_a_label() {
    let registry = Registry::new();
    let layer = BulkheadLayer::builder(4).registry(&registry).per_key(|key: &u32| *key).show_keys().build().unwrap();
    layer.layer(up()).oneshot(123_456).now_or_never().unwrap().unwrap();
    assert!(!format!("{:?}", registry.metrics()).contains("123456"));
}
