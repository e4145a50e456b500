//! Snapshots of a registry. What is restored of each kind is decided in `src/state/`, and claimed in its tests.

mod files;
mod goes_on;
mod hostile;
mod left_out;
mod values;

use std::time::Duration;

use palisade::registry::{Restored, WhyLeftOut};
use palisade::{Backoff, CircuitBreakerLayer, CircuitHandle, Registry, Snapshot};
use serde_json::{Value, json};

use crate::support::time::SECOND;

/// As long as nobody waits for in a test.
const LONG: Duration = Duration::from_secs(1_000);

/// A circuit that opens with its first failure, for so long that time by the system's clock does not matter.
fn circuit(registry: &Registry) -> CircuitHandle {
    let builder = CircuitBreakerLayer::builder("payments").consecutive(1).open_for(Backoff::constant(LONG));
    builder.registry(registry).build().expect("all settings are legal").handle()
}

fn opened(registry: &Registry) -> CircuitHandle {
    let circuit = circuit(registry);
    circuit.try_enter().expect("it is closed").failure();
    circuit
}

/// The snapshot of a registry with one open circuit.
fn of_open_circuit() -> Snapshot {
    let registry = Registry::new();
    let _circuit = opened(&registry);
    registry.snapshot()
}

fn as_json(snapshot: &Snapshot) -> Value {
    serde_json::to_value(snapshot).expect("it has a form in JSON")
}

fn of_json(json: &Value) -> Snapshot {
    serde_json::from_value(json.clone()).expect("it is a snapshot")
}

/// The same, taken so many milliseconds before.
fn older(snapshot: &Snapshot, millis: i64) -> Snapshot {
    let mut json = as_json(snapshot);
    json["taken"] = (json["taken"].as_i64().expect("it is a number") - millis).into();
    of_json(&json)
}

/// Why the only instance of a snapshot was left out, if it was.
fn why(restored: &Restored) -> Option<WhyLeftOut> {
    assert_eq!(restored.instances.len() + restored.left_out.len(), 1);
    restored.left_out.first().map(|left_out| left_out.why)
}
