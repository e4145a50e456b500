//! The past of what is listed: timelines and figures, and steering. What follows from a history is decided in `src/state/history`,
//! and claimed in its tests.

mod figures;
mod hostile;
#[cfg(feature = "serde")]
mod json;
mod kept;
mod markdown;
mod steering;
mod texts;
mod timeline;

use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use palisade::event::Kind;
use palisade::registry::What;
use palisade::{
    Action, Backoff, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Name, Registry, Target, Timeline,
};
use tokio::time::advance;
use tower::{Layer, ServiceExt};

use crate::support::services::{down, up};
use crate::support::time::{SECOND, YEAR};

/// A circuit that opens with its first failure for 10 s, and closes with the first success after.
fn touchy(registry: &Registry) -> CircuitBreakerBuilder {
    let open_for = Backoff::constant(10 * SECOND);
    CircuitBreakerLayer::builder("payments").consecutive(1).open_for(open_for).probes(1).registry(registry)
}

fn circuit(registry: &Registry) -> CircuitHandle {
    touchy(registry).build().expect("all settings are legal").handle()
}

fn fail(circuit: &CircuitHandle) {
    circuit.try_enter().expect("it lets a call pass").failure();
}

/// Opens it, and closes it again after these 10 s and 2 s more.
async fn fail_for_12_seconds(circuit: &CircuitHandle) {
    fail(circuit);
    advance(10 * SECOND).await;
    let probe = circuit.try_enter().expect("its open time is over");
    advance(2 * SECOND).await;
    probe.success();
}

/// All that has happened.
fn all(registry: &Registry) -> Timeline {
    registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR)
}

/// All that has happened, as text.
fn texts(registry: &Registry) -> Vec<String> {
    all(registry).happenings.iter().map(|happening| happening.what.to_string()).collect()
}

fn payments() -> Target<'static> {
    Target::new(Kind::CircuitBreaker, "payments")
}

fn name(text: &'static str) -> Name {
    Name::new(text).expect("it is legal")
}
