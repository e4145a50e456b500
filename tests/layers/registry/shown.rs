//! What is shown of each instance.

use palisade::Objective;

use super::*;

/// The settings of an instance, or its state, as text.
fn text(of: &[palisade::standard::Setting]) -> Vec<String> {
    of.iter().map(ToString::to_string).collect()
}

fn only(registry: &Registry) -> Instance {
    let [instance] = &registry.instances()[..] else { panic!("not one: {registry:?}") };
    instance.clone()
}

macro_rules! shows {
    ($($name:ident: $layer:expr, $settings:expr, $snapshot:expr;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let (registry, layer) = (Registry::new(), $layer);
            let layer = layer(&registry);
            let instance = only(&registry);
            assert_eq!((text(&instance.settings), text(&instance.snapshot)), ($settings.map(String::from).to_vec(), $snapshot.map(String::from).to_vec()));
            drop(layer);
        }
    )+};
}

shows! {
    a_circuit: |registry| CircuitBreakerLayer::builder("seen").slow_rate(0.5, SECOND).registry(registry).build().unwrap(),
        [
            "failure_rate 0.5", "throttled_rate 0.9", "slow_rate 0.5", "slow_after 1s", "consecutive 20", "min_calls 20",
            "time_window 10s", "buckets 10", "open_for 1s growing by 1.3 to 15s with equal jitter", "max_retry_after 30s", "probes 5",
            "half_open_for 10s",
        ],
        [
            "phase closed", "phase_age 0ns", "retry_after off", "calls 0", "failures 0", "throttled 0", "slow 0",
            "consecutive 0", "failure_rate off", "throttled_rate off", "slow_rate off", "rejected 0", "late 0",
        ];
    a_bulkhead: |registry| bulkhead(registry, "seen"), ["max_concurrent 1"], ["in_flight 0", "queued 0"];
    a_bulkhead_that_adapts: |registry| {
        BulkheadLayer::builder(8).adaptive(Adaptive::vegas()).registry(registry).build().unwrap()
    }, ["max_concurrent 8", "min 1", "max 1000", "round 100ms"], ["in_flight 0", "queued 0"];
    a_rate_limit: |registry| RateLimitLayer::builder("seen", Rate::per_second(9)).registry(registry).build().unwrap(),
        ["rate 9 calls in 1s", "burst 9", "heed_throttling off"], ["available 9", "waiting 0", "rejected 0"];
    a_throttle: |registry| ThrottleLayer::builder("seen").k(1.5).registry(registry).build().unwrap(),
        ["k 1.5", "max_rejection 0.95", "time_window 120s", "buckets 12"],
        ["requests 0", "accepts 0", "probability 0", "rejected 0"];
    a_measure: |registry| MeasureLayer::builder("seen").registry(registry).build().unwrap(),
        ["exemplar off", "objective off"], ["in_flight 0", "successes 0", "p50 off", "p99 off"];
    a_retry: |registry| RetryLayer::builder("seen").registry(registry).build().unwrap(),
        [
            "max_attempts 3", "backoff 50ms growing by 2 to 20s with full jitter", "max_retry_after 30s",
            "budget 100 tokens + 0.2 a call + 10 a second", "budget_gate off", "retry_rejected off",
        ],
        ["tokens 100"];
    a_timeout: |registry| TimeoutLayer::new(SECOND).registry(registry), ["limit 1s"], [""; 0];
    a_timeout_by_request: |registry| TimeoutLayer::by_request(|_: &u32| SECOND).registry(registry),
        ["limit by request"], [""; 0];
    a_fallback: |registry| FallbackLayer::value(1).registry(registry), ["rehearse off"], ["is_always off"];
    the_health_of_a_service: |registry| {
        let check = |name| HealthCheck::new(name, || ready(Ok::<_, Down>(()))).unwrap();
        Health::builder().critical(&check("disk")).critical(&check("logs")).informing(&check("path")).registry(registry).build().unwrap()
    },
        ["critical disk, logs", "degrading ", "informing path"],
        ["verdict unhealthy", "ready off", "started off", "draining off"];
    a_check: |registry| HealthCheck::builder("seen", || ready(Ok::<_, Down>(()))).registry(registry).build().unwrap(),
        ["interval 10s", "jitter 0.1", "timeout 5s", "healthy_threshold 2", "unhealthy_threshold 3"],
        ["verdict healthy", "verdict_age 0ns", "why off", "last_age off", "took off"];
    heartbeats: |registry| Heartbeats::builder().registry(registry).build().unwrap(),
        [
            "threshold 8", "samples 1000", "min_std_deviation 100ms", "acceptable_pause 3s", "first_estimate 1s", "capacity 1000",
            "forget_after 3600s",
        ],
        ["nodes 0", "suspected 0"];
    an_objective: |registry| Objective::builder("seen").availability(0.999).registry(registry).build().unwrap(),
        [
            "availability 0.999", "latency off", "limit off", "over 2592000s", "recovery off", "min_bad 5", "not_asked off",
            "runbook_url https://docs.rs/palisade/latest/palisade/objective/index.html#when-an-alert-fires",
        ],
        ["is_met on", "availability_used 0", "latency_used off", "firing off"];
    a_layer_per_key: |registry: &Registry| {
        BulkheadLayer::builder(4).registry(registry).per_key(|key: &u32| *key).build().unwrap()
    }, ["capacity 1000", "idle 300s", "max_concurrent 4"], ["keys 0", "in_flight 0", "limit 0", "queued 0"];
}

#[test]
fn settings_are_those_of_now() {
    let registry = Registry::new();
    let layer = bulkhead(&registry, "seen");
    layer.handle().resize(9);
    assert_eq!(text(&only(&registry).settings), ["max_concurrent 9"]);
}

/// The description of a stack and the registry have one source.
#[test]
fn a_stack_describes_its_circuit_as_the_registry_does() {
    let registry = Registry::new();
    let stack = palisade::standard("seen").unwrap().registry(&registry);
    let described = stack.describe();
    for instance in registry.instances() {
        let is_it = described.layers.iter().any(|layer| layer.settings == instance.settings);
        assert!(is_it, "{instance:?} of {described}");
    }
    assert_eq!(registry.instances().len(), 4);
}

#[test]
fn a_circuit_that_is_open_is_shown_as_open() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("seen").registry(&registry).build().unwrap();
    layer.handle().force_open();
    assert_eq!(layer.handle().phase(), Phase::ForcedOpen);
    assert!(text(&only(&registry).snapshot).contains(&"phase forced_open".to_owned()));
}

#[test]
fn what_is_renamed_is_listed_under_its_last_name() {
    let registry = Registry::new();
    let layer = TimeoutLayer::new(SECOND).registry(&registry).name(name("one")).name(name("other"));
    assert_eq!(names(&registry.instances()), ["other"]);
    assert_eq!(value(&registry, "palisade_timeout_expired_total", "one", &["limit"]), None);
    drop(layer);
}

#[test]
fn the_debug_text_of_what_shares_its_name_has_an_end() {
    let registry = Registry::new();
    let measure = MeasureLayer::builder("shared").registry(&registry).build().unwrap();
    let circuit = CircuitBreakerLayer::builder("shared").registry(&registry).build().unwrap();
    assert!(format!("{:?}", circuit.handle()).len() < 1 << 20);
    drop(measure);
}
