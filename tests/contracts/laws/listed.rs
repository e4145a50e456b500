//! Each layer is listed from its build on, and what it counts stays when it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Arc;

use palisade::event::{Kind, Source};
use palisade::registry::{Instance, MetricKind};
use palisade::test_util::assert_at_rest;
use palisade::{
    Adaptive, CoalesceLayer, ConfigError, Criticality, CriticalityLayer, DeadLetter, DeadLetterLayer, Degradation,
    FeatureLayer, Health, HealthCheck, Heartbeats, HedgeLayer, MeasureLayer, MemoryStore, Name, Objective, Policy,
    Rate, RateLimitLayer, Registry, Replicas, Saga, ServiceBuilderExt, ThrottleLayer,
};
use tokio::time::timeout;
use tower::ServiceBuilder;
use tower::layer::layer_fn;
use tower::util::MapRequestLayer;

use super::*;
use crate::support::codec::Nothing;
use crate::support::readings::number;

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

fn only_counted(counters: Values) -> Values {
    counters.into_iter().filter(|(_, count)| *count > 0.0).collect()
}

fn kinds(instances: &[Instance]) -> BTreeSet<&'static str> {
    instances.iter().map(|instance| instance.kind.as_str()).collect()
}

/// How many there are, beside the limits that a layer has for its keys.
fn layers(registry: &Registry) -> usize {
    registry.instances().iter().filter(|instance| instance.key.is_none()).count()
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

/// A row for each layer: what builds it in a registry, and each of the kinds that are listed, with how the names of the metrics begin
/// that count it. A row here is all that a new layer needs.
macro_rules! each_listed {
    ($($(#[$meta:meta])* $name:ident: $build:expr, { $($kind:literal: $metrics:literal),+ };)+) => {
        /// The kinds that have a row.
        const LISTED: &[&str] = &[$($(#[$meta])* $($kind),+),+];

        $(
        $(#[$meta])*
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let build = $build;
            let registry = Registry::new();
            let layer = build(&registry).unwrap();
            let instances = registry.instances();
            assert_eq!(kinds(&instances), [$($kind),+].into());
            let listed = layers(&registry);

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
            assert_at_rest(&registry);

            service.clone().oneshot(FAILS_AT_ONCE).await.ok();
            timeout(30 * SECOND, service.clone().oneshot(HANGS)).await.ok();
            let counted = values(&registry, MetricKind::Counter);
            assert!(counted.keys().eq(counters.keys()), "a counter came or went");
            for metrics in [$($metrics),+] {
                let of_kind = counted.iter().filter(|(name, _)| name.starts_with(&format!("palisade_{metrics}_")));
                assert!(of_kind.map(|(_, count)| *count).sum::<f64>() > 0.0, "{metrics} counted nothing: {counted:?}");
            }

            drop(layer);
            assert_eq!(layers(&registry), listed, "a service is there");
            drop(service);
            assert_eq!((registry.instances(), values(&registry, MetricKind::Gauge)), (Vec::new(), Values::new()));
            let (stayed, counted) = (values(&registry, MetricKind::Counter), only_counted(counted));
            assert_eq!(only_counted(stayed), counted, "totals fell");
        }
        )+
    };
}

each_listed! {
    circuit_breaker: |registry| {
        CircuitBreakerLayer::builder("seen").registry(registry).build()
    }, { "circuit breaker": "circuit" };
    bulkhead: |registry| BulkheadLayer::builder(PLACES).registry(registry).build(), { "bulkhead": "bulkhead" };
    bulkhead_with_queue: |registry| {
        BulkheadLayer::builder(PLACES).max_queue(0).registry(registry).build()
    }, { "bulkhead": "bulkhead" };
    bulkhead_that_adapts: |registry| {
        let adaptive = Adaptive::gradient().min(PLACES).max(PLACES);
        BulkheadLayer::builder(PLACES).adaptive(adaptive).registry(registry).build()
    }, { "bulkhead": "bulkhead" };
    rate_limit: |registry| {
        RateLimitLayer::builder("seen", Rate::per_second(1000)).registry(registry).build()
    }, { "rate limit": "rate_limit" };
    throttle: |registry| ThrottleLayer::builder("seen").registry(registry).build(), { "throttle": "throttle" };
    retrying: |registry| {
        RetryLayer::builder("seen").registry(registry).backoff(Backoff::none()).build()
    }, { "retry": "retry" };
    hedging: |registry| HedgeLayer::builder("seen").after(SECOND).registry(registry).build(), { "hedge": "hedge" };
    timeout_of_calls: |registry| {
        Ok::<_, Error>(TimeoutLayer::new(SECOND).registry(registry))
    }, { "timeout": "timeout" };
    fallback_to_a_value: |registry| {
        Ok::<_, Error>(FallbackLayer::value(STALE).registry(registry))
    }, { "fallback": "fallback" };
    measuring: |registry| MeasureLayer::builder("seen").registry(registry).build(), { "measure": "call" };
    criticality: |registry| {
        Ok::<_, Error>(CriticalityLayer::by(|_: &u32| Criticality::Critical).registry(registry))
    }, { "criticality": "criticality" };
    sharing: |registry| {
        CoalesceLayer::builder("seen", |_: &u32| ()).max_waiters(1).registry(registry).build()
    }, { "coalesce": "coalesce" };
    handing_over: |registry| {
        Ok::<_, Error>(DeadLetterLayer::new(|_: DeadLetter<u32>| ()).registry(registry))
    }, { "dead letter": "dead_letter" };
    #[cfg(feature = "moka")]
    caching: |registry| {
        palisade::CacheLayer::builder("seen", |request: &u32| *request).registry(registry).build()
    }, { "cache": "cache" };
    #[cfg(feature = "chaos")]
    faults_on_purpose: |registry| {
        let builder = palisade::ChaosLayer::builder("seen").delay(1.0, SECOND).max_share(1.0).registry(registry);
        builder.build().inspect(|layer| layer.handle().start())
    }, { "chaos": "chaos" };
    #[cfg(feature = "chaos")]
    an_experiment_for_each_call: |registry| {
        let experiment = palisade::chaos::Experiment::new("seen")?.registry(registry).for_(Duration::ZERO);
        let experiment = Arc::new(experiment);
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            let experiment = Arc::clone(&experiment);
            tokio::spawn(async move { experiment.run().await });
            request
        }))
    }, { "experiment": "experiment" };
    two_replicas: |registry| {
        let replicas = Replicas::builder("seen").policy(Policy::RoundRobin).consecutive(1).registry(registry);
        let replicas = replicas.add("a", service_fn(inner)).add("b", service_fn(inner)).build().unwrap();
        Ok::<_, Error>(layer_fn(move |_| replicas.clone()))
    }, { "replicas": "replica" };
    measure_per_key: |registry| {
        MeasureLayer::builder("seen").per_key(|_: &u32| ()).registry(registry).build()
    }, { "per key": "call" };
    measure_by_name: |registry| {
        let name = Name::new("seen").unwrap();
        MeasureLayer::builder("seen").by(move |_: &u32| name).registry(registry).build()
    }, { "per key": "call" };
    bulkhead_per_key: |registry| {
        BulkheadLayer::builder(PLACES).per_key(|_: &u32| ()).registry(registry).build()
    }, { "per key": "bulkhead" };
    rate_limit_per_key: |registry| {
        RateLimitLayer::builder("seen", Rate::per_second(1000)).per_key(|_: &u32| ()).registry(registry).build()
    }, { "per key": "rate_limit" };
    throttle_per_key: |registry| {
        ThrottleLayer::builder("seen").per_key(|_: &u32| ()).registry(registry).build()
    }, { "per key": "throttle" };
    circuit_breaker_per_key: |registry| {
        CircuitBreakerLayer::builder("seen").per_key(|_: &u32| ()).capacity(1).registry(registry).build()
    }, { "per key": "circuit" };
    keys_without_room: |registry| {
        BulkheadLayer::builder(PLACES).per_key(|request: &u32| *request).capacity(1).registry(registry).build()
    }, { "per key": "per_key" };
    a_feature_that_goes_off_and_on: |registry| {
        let builder = Degradation::builder("seen").mode("degraded").feature("seen", "degraded").registry(registry);
        let degradation = builder.build()?;
        let feature = FeatureLayer::new(&degradation, "seen");
        let sets = MapRequestLayer::new(move |request: u32| {
            let mode = if request == FAILS_AT_ONCE { "degraded" } else { "normal" };
            degradation.set(mode).expect("it is known");
            request
        });
        Ok::<_, ConfigError>(ServiceBuilder::new().layer(sets).layer(feature).into_inner())
    }, { "degradation": "degradation", "feature": "feature" };
    the_health_of_a_service: |registry| {
        let health = Health::builder().registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            health.drain();
            health.undrain();
            request
        }))
    }, { "health": "health" };
    a_check_beside_the_calls: |registry| {
        let check = HealthCheck::builder("seen", async || Ok::<_, Down>(())).registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            tokio::spawn(check.run());
            request
        }))
    }, { "health check": "health" };
    beats_of_the_callers: |registry| {
        let heartbeats = Heartbeats::builder().registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            heartbeats.beat("caller");
            request
        }))
    }, { "heartbeats": "health" };
    a_saga_for_each_call: |registry| {
        let nothing = |(), _| ready(Ok::<_, Down>(()));
        let saga = Saga::builder("seen", Arc::new(MemoryStore::new()), Nothing).step("step", nothing, nothing);
        let saga = saga.registry(registry).build()?;
        Ok::<_, ConfigError>(MapRequestLayer::new(move |request: u32| {
            let saga = saga.clone();
            tokio::spawn(async move { saga.run(request.to_string(), ()).await });
            request
        }))
    }, { "saga": "saga" };
    an_objective_of_a_measure: |registry| {
        let objective = Objective::builder("seen").availability(0.5).min_bad(0).over_days(3).registry(registry).build()?;
        MeasureLayer::builder("seen").objective(&objective).registry(registry).build()
    }, { "measure": "call", "objective": "objective" };
    the_five_together: |registry| Ok::<_, Error>(
        ServiceBuilder::new()
            .with_fallback(FallbackLayer::value(STALE).registry(registry))
            .with_timeout(TimeoutLayer::new(SECOND).registry(registry))
            .with_retry(RetryLayer::builder("seen").registry(registry).backoff(Backoff::none()).build().unwrap())
            .with_circuit_breaker(CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap())
            .with_bulkhead(BulkheadLayer::builder(PLACES).registry(registry).build().unwrap())
            .into_inner()
    ), {
        "fallback": "fallback", "timeout": "timeout", "retry": "retry", "circuit breaker": "circuit",
        "bulkhead": "bulkhead"
    };
    the_standard_stack: |registry| {
        Ok::<_, Error>(palisade::standard("seen").unwrap().registry(registry).bulkhead(PLACES))
    }, { "timeout": "timeout", "retry": "retry", "circuit breaker": "circuit", "bulkhead": "bulkhead" };
}

/// The kinds that no registry lists, and why that is meant. A layer without a kind, such as that of deadlines, has no name and no
/// state: nothing of it could be told apart.
const NOT_LISTED: [(&str, &str); 3] = [
    (
        "answer",
        "it has no name and no state, and the errors that it turns into responses were counted where they were made",
    ),
    ("registry", "it is what lists, and it is the source of what is left out of a snapshot"),
    ("custom", "a limit of one's own is not built here, and a call would wait for a lock to find the row of its name"),
];

#[test]
fn every_kind_is_listed_or_has_a_reason() {
    let not_listed = NOT_LISTED.iter().map(|(kind, _)| kind);
    let without_moka = if cfg!(feature = "moka") { None } else { Some(&"cache") };
    let without_chaos: &[_] = if cfg!(feature = "chaos") { &[] } else { &["chaos", "experiment"] };
    let kinds: BTreeSet<_> =
        LISTED.iter().chain(not_listed).chain(without_moka).chain(without_chaos).copied().collect();
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.as_str()).collect());
    assert!(NOT_LISTED.iter().all(|(kind, _)| !LISTED.contains(kind)));
}

#[test]
fn a_limit_of_ones_own_is_neither_listed_nor_counted() {
    let name = Name::new("a limit of one's own").unwrap();
    Source::new(Kind::Custom, name).reject(None);
    let registry = Registry::global();
    assert!(!kinds(&registry.instances()).contains("custom"));
    let metrics = registry.metrics().into_iter().flat_map(|metric| metric.samples);
    assert!(metrics.flat_map(|sample| sample.labels).all(|(_, value)| value != name.as_str()));
}
