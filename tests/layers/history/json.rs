//! The shape of the JSON.

use serde_json::{Value, json};

use super::*;

fn parsed(value: &impl serde::Serialize) -> Value {
    serde_json::from_str(&serde_json::to_string(value).expect("nothing in it fails")).expect("it is JSON")
}

#[tokio::test(start_paused = true)]
async fn a_timeline_has_the_documented_shape() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    fail(&circuit);
    advance(3 * SECOND / 2).await;
    let timeline = all(&registry);
    let mut found = parsed(&timeline);
    let began = found["failures"][0]["began"].take();
    let at = found["happenings"][0]["at"].take();
    assert!(began.as_str().is_some_and(|began| began.len() == 24 && began.ends_with('Z')) && began == at);
    let expected = json!({
        "from": "1970-01-01T00:00:00.000Z", "to": "2969-05-03T00:00:00.000Z",
        "failures": [{
            "kind": "circuit breaker", "name": "payments", "key": null, "began": null, "ended": null, "lasted": 1.5,
            "reason": "consecutive", "rejected": 0, "degraded": null, "lost": null,
        }],
        "happenings": [{
            "at": null, "kind": "circuit breaker", "name": "payments", "key": null,
            "what": "transition", "text": "opened for 10s (consecutive, 1 of 1 calls failed)",
        }],
        "left_out": 0,
    });
    assert_eq!(found, expected);
}

#[tokio::test(start_paused = true)]
async fn figures_have_the_documented_shape() {
    let registry = Registry::new();
    let circuit = circuit(&registry);
    let none = json!({
        "kind": "circuit breaker", "name": "payments", "success_rate": null, "watched": 0.0, "operating": 0.0,
        "downtime": 0.0, "failures": 0, "restored": 0, "reopened": 0, "mtbf": null, "mttr": null, "longest": 0.0,
        "availability": 1.0,
    });
    assert_eq!(parsed(&registry.figures(None)), json!([none]));
    advance(12 * SECOND).await;
    fail_for_12_seconds(&circuit).await;
    let some = json!({
        "kind": "circuit breaker", "name": "payments", "success_rate": 0.5, "watched": 24.0, "operating": 12.0,
        "downtime": 12.0, "failures": 1, "restored": 1, "reopened": 0, "mtbf": 12.0, "mttr": 12.0, "longest": 12.0,
        "availability": 0.5,
    });
    assert_eq!(parsed(&registry.figures(None)), json!([some]));
}
