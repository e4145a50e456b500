//! The registry: who is listed, and what is counted. That each layer keeps its laws is claimed in `tests/contracts`.

mod counters;
mod documented;
mod health;
mod hostile;
#[cfg(feature = "serde")]
mod json;
mod keys;
mod many;
mod measured;
mod saturation;
mod shown;

use std::fmt::Debug;
use std::future::{Ready, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use palisade::event::{self, Event, Source};
use palisade::registry::{Instance, Reading};
use palisade::test_util::EventLog;
use palisade::{
    Adaptive, Backoff, Budget, BulkheadLayer, CircuitBreakerLayer, Criticality, CriticalityLayer, Deadline, Error,
    FallbackLayer, Health, HealthCheck, Heartbeats, MeasureLayer, Name, Outcome, Phase, Rate, RateLimitBuilder,
    RateLimitLayer, Registry, RetryLayer, ThrottleLayer, TimeoutLayer, fallback,
};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::Down;
use crate::support::readings::number;
use crate::support::services::{Hung, begin, coded, down, hung, up};
use crate::support::time::SECOND;

/// The value of a metric of the layers with this name, and with these values of the other labels.
fn value(registry: &Registry, metric: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|other| other.name == metric).expect("it is in the table");
    let is_it = |values: Vec<&str>| values.split_first() == Some((&name, labels));
    let samples = metric.samples.iter();
    let mut found = samples.filter(|sample| is_it(sample.labels.iter().map(|(_, value)| *value).collect()));
    found.next().map(|sample| number(&sample.value))
}

fn names(instances: &[Instance]) -> Vec<&'static str> {
    instances.iter().map(|instance| instance.name.as_str()).collect()
}

fn name(text: &'static str) -> Name {
    Name::new(text).expect("it is legal")
}

/// A bulkhead of this registry.
fn bulkhead(registry: &Registry, text: &'static str) -> BulkheadLayer {
    BulkheadLayer::builder(1).name(name(text)).registry(registry).build().expect("a bulkhead has no illegal setting")
}
