//! Each layer is listed from its build on, and what it counts stays when it goes.

use std::collections::BTreeMap;

use palisade::registry::{MetricKind, Reading};
use palisade::{
    Adaptive, ConfigError, Criticality, CriticalityLayer, Health, HealthCheck, Heartbeats, MeasureLayer, Policy, Rate,
    RateLimitLayer, Registry, Replicas, ServiceBuilderExt,
};
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower::layer::layer_fn;
use tower::util::MapRequestLayer;

use super::*;

/// A metric, as text: its name and its labels.
type Values = BTreeMap<String, f64>;

/// What goes up and down, or what only grows: of a histogram, how many calls it has.
fn values(registry: &Registry, kind: MetricKind) -> Values {
    let is_gauge = kind == MetricKind::Gauge;
    let metrics = registry.metrics().into_iter().filter(|metric| (metric.kind == MetricKind::Gauge) == is_gauge);
    metrics
        .flat_map(|metric| metric.samples.into_iter().map(move |sample| (metric.name, sample)))
        .map(|(name, sample)| (format!("{name} {:?}", sample.labels), number(&sample.value)))
        .collect()
}

fn number(reading: &Reading) -> f64 {
    let count = |count: u64| f64::from(u32::try_from(count).expect("no test counts so far"));
    match reading {
        Reading::Count(calls) => count(*calls),
        Reading::Level(level) => *level,
        Reading::Histogram(times) => count(times.count()),
        other => panic!("unknown: {other:?}"),
    }
}

fn only_counted(counters: Values) -> Values {
    counters.into_iter().filter(|(_, count)| *count > 0.0).collect()
}

/// What one call is to do.
const HANGS: u32 = 0;
const FAILS_AT_ONCE: u32 = 1;
const PASSES: u32 = 2;

async fn inner(request: u32) -> Result<u32, Down> {
    match request {
        HANGS => pending().await,
        FAILS_AT_ONCE => Err(Down(1)),
        _ => Ok(request),
    }
}

/// A row for each layer: what builds it in a registry, and its kind. A row here is all that a new layer needs.
macro_rules! each_listed {
    ($($name:ident: $build:expr, $kind:literal;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let build = $build;
            let registry = Registry::new();
            let layer = build(&registry).unwrap();
            let instances = registry.instances();
            assert!(instances.iter().any(|instance| instance.kind.as_str() == $kind), "{instances:?}");

            let counters = values(&registry, MetricKind::Counter);
            assert!(!counters.is_empty() && counters.values().all(|count| *count == 0.0), "{counters:?}");

            let service = Layer::layer(&layer, service_fn(inner));
            service.clone().oneshot(PASSES).await.unwrap();
            advance(SECOND).await;
            let rest = values(&registry, MetricKind::Gauge);
            let hung = [(); PLACES + 1].map(|()| timeout(30 * SECOND, service.clone().oneshot(HANGS)));
            let mut hung = hung.map(task::spawn);
            for call in &mut hung {
                drop(call.poll());
            }
            drop(hung);
            advance(SECOND).await;
            assert_eq!(values(&registry, MetricKind::Gauge), rest, "the gauges are not at rest");

            service.clone().oneshot(FAILS_AT_ONCE).await.ok();
            timeout(30 * SECOND, service.clone().oneshot(HANGS)).await.ok();
            let counted = values(&registry, MetricKind::Counter);
            assert!(counted.keys().eq(counters.keys()), "a counter came or went");
            assert!(counted.values().any(|count| *count > 0.0), "nothing was counted");

            drop(layer);
            assert_eq!(registry.instances().len(), instances.len(), "a service is there");
            drop(service);
            assert_eq!((registry.instances(), values(&registry, MetricKind::Gauge)), (Vec::new(), Values::new()));
            let (stayed, counted) = (values(&registry, MetricKind::Counter), only_counted(counted));
            assert_eq!(only_counted(stayed), counted, "totals fell");
        }
    )+};
}

each_listed! {
    circuit_breaker: |registry| CircuitBreakerLayer::builder("seen").registry(registry).build(), "circuit breaker";
    bulkhead: |registry| BulkheadLayer::builder(PLACES).registry(registry).build(), "bulkhead";
    bulkhead_with_queue: |registry| {
        BulkheadLayer::builder(PLACES).max_queue(0).registry(registry).build()
    }, "bulkhead";
    bulkhead_that_adapts: |registry| {
        let adaptive = Adaptive::gradient().min(PLACES).max(PLACES);
        BulkheadLayer::builder(PLACES).adaptive(adaptive).registry(registry).build()
    }, "bulkhead";
    rate_limit: |registry| RateLimitLayer::builder("seen", Rate::per_second(1000)).registry(registry).build(), "rate limit";
    retrying: |registry| RetryLayer::builder("seen").registry(registry).backoff(Backoff::none()).build(), "retry";
    timeout_of_calls: |registry| Ok::<_, Error>(TimeoutLayer::new(SECOND).registry(registry)), "timeout";
    fallback_to_a_value: |registry| Ok::<_, Error>(FallbackLayer::value(STALE).registry(registry)), "fallback";
    measuring: |registry| MeasureLayer::builder("seen").registry(registry).build(), "measure";
    criticality: |registry| {
        Ok::<_, Error>(CriticalityLayer::by(|_: &u32| Criticality::Critical).registry(registry))
    }, "criticality";
    two_replicas: |registry| {
        let replicas = Replicas::builder("seen").policy(Policy::RoundRobin).consecutive(1).registry(registry);
        let replicas = replicas.add("a", service_fn(inner)).add("b", service_fn(inner)).build().unwrap();
        Ok::<_, Error>(layer_fn(move |_| replicas.clone()))
    }, "replicas";
    measure_per_key: |registry| {
        MeasureLayer::builder("seen").per_key(|_: &u32| ()).registry(registry).build()
    }, "per key";
    bulkhead_per_key: |registry| {
        BulkheadLayer::builder(PLACES).per_key(|_: &u32| ()).registry(registry).build()
    }, "per key";
    circuit_breaker_per_key: |registry| {
        CircuitBreakerLayer::builder("seen").per_key(|_: &u32| ()).capacity(1).registry(registry).build()
    }, "per key";
    the_health_of_a_service: |registry| {
        let health = Health::builder().registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            health.drain();
            health.undrain();
            request
        }))
    }, "health";
    a_check_beside_the_calls: |registry| {
        let check = HealthCheck::builder("seen", async || Ok::<_, Down>(())).registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            tokio::spawn(check.run());
            request
        }))
    }, "health check";
    beats_of_the_callers: |registry| {
        let heartbeats = Heartbeats::builder().registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            heartbeats.beat("caller");
            request
        }))
    }, "heartbeats";
    the_five_together: |registry| Ok::<_, Error>(
        ServiceBuilder::new()
            .with_fallback(FallbackLayer::value(STALE).registry(registry))
            .with_timeout(TimeoutLayer::new(SECOND).registry(registry))
            .with_retry(RetryLayer::builder("seen").registry(registry).backoff(Backoff::none()).build().unwrap())
            .with_circuit_breaker(CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap())
            .with_bulkhead(BulkheadLayer::builder(PLACES).registry(registry).build().unwrap())
            .into_inner()
    ), "fallback";
    the_standard_stack: |registry| {
        Ok::<_, Error>(palisade::standard("seen").unwrap().registry(registry).bulkhead(PLACES))
    }, "retry";
}
