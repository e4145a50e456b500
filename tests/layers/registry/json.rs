//! The shape of the JSON.

use std::future::ready;

use serde_json::{Value, json};
use tower::service_fn;

use super::hostile::HOSTILE;
use super::*;

fn parsed(registry: &Registry) -> Value {
    let text = serde_json::to_string(&registry.instances()).expect("nothing in it fails");
    serde_json::from_str(&text).expect("it is JSON")
}

#[tokio::test(start_paused = true)]
async fn it_has_the_documented_shape() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap();
    let expected = json!([{
        "kind": "circuit breaker",
        "name": "payments",
        "key": null,
        "settings": {
            "failure_rate": 0.5, "throttled_rate": 0.9, "slow_rate": false, "consecutive": 20, "min_calls": 20,
            "time_window": 10.0, "buckets": 10, "open_for": "1s growing by 1.3 to 15s with equal jitter", "max_retry_after": 30.0,
            "probes": 5, "half_open_for": 10.0,
        },
        "snapshot": {
            "phase": "closed", "phase_age": 0.0, "retry_after": false, "calls": 0, "failures": 0, "throttled": 0,
            "slow": 0, "consecutive": 0, "failure_rate": false, "throttled_rate": false, "slow_rate": false,
            "rejected": 0, "late": 0,
        },
    }]);
    assert_eq!(parsed(&registry), expected);
    drop(layer);
}

#[test]
fn hostile_names_and_keys_come_back_as_they_were() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|text| bulkhead(&registry, text));
    let keyed = BulkheadLayer::builder(1).registry(&registry).per_key(|key: &&'static str| *key).show_keys().build();
    let keyed = keyed.unwrap();
    for key in HOSTILE {
        keyed.layer(service_fn(|key| ready(Ok::<_, Down>(key)))).oneshot(key).now_or_never().unwrap().unwrap();
    }
    let text = serde_json::to_string(&registry.instances()).unwrap();
    assert!(!text.contains(char::is_control), "{text}");
    let parsed = parsed(&registry);
    let has = |field: &str, text: &str| parsed.as_array().unwrap().iter().any(|instance| instance[field] == text);
    assert!(HOSTILE.iter().all(|text| has("name", text) && has("key", text)), "{parsed}");
}
