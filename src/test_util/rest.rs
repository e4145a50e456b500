//! Whether calls still hold anything of what a registry lists.

use crate::registry::{Gauges, Registry, Row};
use crate::source::Kind;

/// Asserts that no call holds anything of the instances that a registry lists.
///
/// Nothing is in flight and nobody waits: no place, seat or probe is taken, no replica has a call, no call is shared or measured, no cache
/// fetches or refreshes, and no saga is run. What stays after calls is not asked for: entries, letters and tokens, phases and verdicts, and
/// sagas that nobody runs.
///
/// Retries, hedges, timeouts, fallbacks, throttles, dead letters and chaos do not count the calls in them, so a call that waits there is
/// seen only in a layer around it or below it that counts. A [`MeasureLayer`](crate::MeasureLayer) around all others counts every call. Nobody
/// is asked who is listed no more: a replica that was removed while it had calls, and the limits of keys once their layer and all of its
/// services are gone.
///
/// Give the layers of a stack a [`Registry`] of their own, and ask once the calls of the test are over. That of the process also lists
/// what tests beside have.
///
/// # Panics
///
/// Where something is held: with each instance that is not at rest, by its kind and name, and how much of what is held of it. Instances of
/// one kind and name, such as the limits of keys, are one.
///
/// # Examples
///
/// ```
/// use palisade::test_util::assert_at_rest;
/// use palisade::{BulkheadLayer, Registry};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let registry = Registry::new();
/// let bulkhead = BulkheadLayer::builder(8).registry(&registry).build()?.handle();
/// let place = bulkhead.try_enter().expect("there is room");
/// drop(place); // or: not at rest: bulkhead `bulkhead` (in_flight: 1)
/// assert_at_rest(&registry);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn assert_at_rest(registry: &Registry) {
    let sums = registry.look().gauges();
    let rows = registry.rows();
    let restless: Vec<_> = rows.iter().filter_map(|row| restless(row, sums.get(row)?)).collect();
    assert!(restless.is_empty(), "not at rest: {}", restless.join(", "));
}

/// What is held of an instance, if anything is.
fn restless(row: &Row, gauges: &Gauges) -> Option<String> {
    let held = held(row.kind()).iter().filter_map(|gauge| Some((gauge, gauges.get(gauge)?)));
    let held: Vec<_> = held.filter(|(_, held)| *held > 0.0).map(|(gauge, held)| format!("{gauge}: {held}")).collect();
    (!held.is_empty()).then(|| format!("{} ({})", row.source, held.join(", ")))
}

/// The gauges that are zero at rest.
const fn held(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::CircuitBreaker => &["probing"],
        Kind::Bulkhead => &["in_flight", "queued"],
        Kind::RateLimit => &["waiting"],
        Kind::Cache => &["flights", "refreshing"],
        Kind::Measure => &["in_flight"],
        Kind::Replicas => &["in_flight"],
        Kind::Coalesce => &["flights", "waiting"],
        Kind::Saga => &["running", "compensating"],
        Kind::Retry
        | Kind::Timeout
        | Kind::Fallback
        | Kind::DeadLetter
        | Kind::Criticality
        | Kind::PerKey
        | Kind::Answer
        | Kind::Health
        | Kind::HealthCheck
        | Kind::Heartbeats
        | Kind::Objective
        | Kind::Registry
        | Kind::Chaos
        | Kind::Experiment
        | Kind::Throttle
        | Kind::Degradation
        | Kind::Feature
        | Kind::Hedge
        | Kind::Custom => &[],
    }
}
