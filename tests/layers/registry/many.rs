//! Many instances: those of one name, those that come and go, and too many.

use super::*;

#[test]
fn instances_of_one_kind_and_name_are_added_up() {
    let registry = Registry::new();
    let layers = [bulkhead(&registry, "seen"), bulkhead(&registry, "seen"), bulkhead(&registry, "other")];
    let _place = layers[0].handle().try_enter().unwrap();
    for layer in &layers {
        drop(layer.handle().try_enter());
    }
    let seen = |metric: &str, labels: &[&str]| value(&registry, metric, "seen", labels);
    assert_eq!(seen("palisade_bulkhead_limit", &[]), Some(2.0));
    assert_eq!(seen("palisade_bulkhead_in_flight", &[]), Some(1.0));
    assert_eq!(seen("palisade_bulkhead_rejected_total", &["full"]), Some(1.0));
    assert_eq!(names(&registry.instances()), ["other", "seen", "seen"]);
}

#[test]
fn two_registries_share_nothing() {
    let (one, other) = (Registry::new(), Registry::new());
    let layers = [bulkhead(&one, "seen"), bulkhead(&other, "seen")];
    let _place = layers[0].handle().try_enter().unwrap();
    layers[0].handle().try_enter().unwrap_err();
    assert_eq!((one.instances().len(), other.instances().len()), (1, 1));
    let rejected = |registry| value(registry, "palisade_bulkhead_rejected_total", "seen", &["full"]);
    assert_eq!((rejected(&one), rejected(&other)), (Some(1.0), Some(0.0)));
}

#[test]
fn clones_of_a_registry_are_one() {
    let registry = Registry::new();
    let _layer = bulkhead(&registry.clone(), "seen");
    assert_eq!(names(&registry.instances()), ["seen"]);
}

#[test]
fn a_layer_whose_builder_was_given_none_is_in_that_of_the_process() {
    let layer = CircuitBreakerLayer::builder("in the registry of the process").build().unwrap();
    let is_listed = || names(&Registry::global().instances()).contains(&"in the registry of the process");
    assert!(is_listed());
    drop(layer);
    assert!(!is_listed());
}

#[test]
fn of_thousands_of_short_lived_layers_only_the_totals_stay() {
    let registry = Registry::new();
    for _ in 0..3_000 {
        let layer = CircuitBreakerLayer::builder("seen").registry(&registry).build().unwrap();
        layer.handle().try_enter().unwrap().success();
        layer.clone().handle().clone().try_enter().unwrap().failure();
    }
    assert_eq!(registry.instances(), []);
    let calls = |outcome| value(&registry, "palisade_circuit_calls_total", "seen", &[outcome]);
    assert_eq!((calls("success"), calls("failure")), (Some(3_000.0), Some(3_000.0)));
    assert_eq!(value(&registry, "palisade_circuit_phase", "seen", &["closed"]), None);
}

#[test]
fn any_one_of_layer_service_handle_and_guard_keeps_it_listed() {
    let registry = Registry::new();
    let is_listed = || names(&registry.instances()) == ["seen"];
    let layer = bulkhead(&registry, "seen");
    let service = layer.layer(up::<u32>());
    drop(layer.clone());
    drop(layer);
    assert!(is_listed(), "a service");
    let clone = service.clone();
    drop(service);
    assert!(is_listed(), "a clone of a service");
    let layer = bulkhead(&registry, "seen");
    drop(clone);
    let handle = layer.handle();
    drop(layer);
    assert!(is_listed(), "a handle");
    let guard = handle.try_enter().unwrap();
    drop(handle);
    assert!(is_listed(), "a guard");
    drop(guard);
    assert!(!is_listed());
}

/// Whether a call keeps the layer listed that it has passed, when all else of it is gone.
fn a_call_keeps_listed<L>(build: impl FnOnce(&Registry) -> L) -> bool
where
    L: Layer<Hung<u32>, Service: Service<u32, Error: Debug>>,
{
    let registry = Registry::new();
    let call = begin(&mut build(&registry).layer(hung()), 1);
    let is_listed = !registry.instances().is_empty();
    drop(call);
    assert_eq!(registry.instances(), []);
    is_listed
}

macro_rules! kept_by_a_call {
    ($($layer:expr, $is_listed:literal;)+) => {$(
        assert_eq!(a_call_keeps_listed($layer), $is_listed, stringify!($layer));
    )+};
}

#[tokio::test(start_paused = true)]
async fn a_call_alone_keeps_listed_what_it_holds() {
    kept_by_a_call! {
        |registry| bulkhead(registry, "seen"), true;
        |registry| CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap(), true;
        |registry| RetryLayer::builder("seen").registry(registry).build().unwrap(), true;
        |registry| MeasureLayer::builder("seen").registry(registry).build().unwrap(), true;
        |registry| rate_limit(registry).heed_throttling().build().unwrap(), true;
        |registry| rate_limit(registry).build().unwrap(), false;
        |registry| TimeoutLayer::new(SECOND).registry(registry), false;
        |registry| FallbackLayer::value(1).registry(registry), false;
        |registry| CriticalityLayer::by(|_: &u32| Criticality::Critical).registry(registry), false;
        |registry| BulkheadLayer::builder(1).registry(registry).per_key(|key: &u32| *key).build().unwrap(), false;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_when_all_else_of_its_layer_is_gone() {
    let registry = Registry::new();
    let mut call = begin(&mut TimeoutLayer::new(SECOND).name(name("seen")).registry(&registry).layer(hung()), 1);
    assert_eq!(registry.instances(), []);
    advance(SECOND).await;
    assert!(call.poll().is_ready());
    assert_eq!(value(&registry, "palisade_timeout_expired_total", "seen", &["limit"]), Some(1.0));
}

fn rate_limit(registry: &Registry) -> RateLimitBuilder {
    RateLimitLayer::builder("seen", Rate::per_second(1)).registry(registry)
}

/// The caller has gone on with its service on another thread, whose spares are not those of this one.
#[test]
fn a_service_that_another_thread_has_keeps_it_listed() {
    let registry = Registry::new();
    let layer = bulkhead(&registry, "seen");
    let service = layer.layer(up::<u32>());
    drop((layer.handle(), layer.handle()));
    let moved = thread::spawn(move || {
        let service = service.clone();
        drop(layer);
        service
    });
    let service = moved.join().unwrap();
    assert_eq!(names(&registry.instances()), ["seen"]);
    drop(service);
    assert_eq!(names(&registry.instances()), [""; 0]);
}

#[test]
fn layers_that_are_called_are_seen_by_every_look() {
    const LAYERS: usize = 100;
    const LOOKS: usize = 500;
    let (registry, done) = (Registry::new(), AtomicBool::new(false));
    let services: Vec<_> = (0..LAYERS).map(|_| bulkhead(&registry, "seen").layer(up::<u32>())).collect();
    // More than a thread keeps spares of, so that it moves them and lets them go all the time.
    let call = || {
        while !done.load(Ordering::SeqCst) {
            for service in &services {
                drop(service.clone().oneshot(1).now_or_never());
            }
        }
        services
    };
    let seen: Vec<_> = thread::scope(|scope| {
        let called = scope.spawn(call);
        let seen = (0..LOOKS).map(|_| registry.instances().len()).collect();
        done.store(true, Ordering::SeqCst);
        drop(called.join().unwrap());
        seen
    });
    assert_eq!(seen, [LAYERS; LOOKS]);
}

/// A row for what counts: the metric, and a layer of it that a call passes and that goes.
macro_rules! totals_never_fall {
    ($($name:ident: $metric:literal, $pass:expr;)+) => {$(
        #[test]
        fn $name() {
            const THREADS: usize = 4;
            const LAYERS: usize = 200;
            let (registry, done) = (Registry::new(), AtomicBool::new(false));
            let total = || value(&registry, $metric, "seen", &["success"]);
            let pass: fn(&Registry) = $pass;
            let watch = || {
                let mut last = None;
                while !done.load(Ordering::SeqCst) {
                    let seen = total();
                    assert!(seen >= last, "{seen:?} after {last:?}");
                    last = seen;
                    registry.instances();
                }
            };
            thread::scope(|scope| {
                let watch = scope.spawn(watch);
                let threads = [(); THREADS].map(|()| scope.spawn(|| (0..LAYERS).for_each(|_| pass(&registry))));
                let ended = threads.map(thread::ScopedJoinHandle::join);
                done.store(true, Ordering::SeqCst);
                ended.into_iter().chain([watch.join()]).for_each(Result::unwrap);
            });
            assert_eq!(total(), Some(f64::from(u32::try_from(THREADS * LAYERS).unwrap())));
        }
    )+};
}

totals_never_fall! {
    totals_never_fall_while_circuits_come_and_go: "palisade_circuit_calls_total", |registry| {
        let layer = CircuitBreakerLayer::builder("seen").registry(registry).build().unwrap();
        layer.handle().try_enter().unwrap().success();
    };
    totals_never_fall_while_measures_come_and_go: "palisade_call_duration_seconds", |registry| {
        let layer = MeasureLayer::builder("seen").registry(registry).build().unwrap();
        layer.handle().begin().settle(Outcome::Success);
    };
    totals_never_fall_while_keys_of_measures_come_and_go: "palisade_call_duration_seconds", |registry| {
        let layer = MeasureLayer::builder("orders").by(|_: &u32| name("seen")).registry(registry).build().unwrap();
        layer.layer(up()).oneshot(1).now_or_never().unwrap().unwrap();
    };
}

#[test]
fn more_than_ten_thousand_instances_work_and_are_not_listed() {
    let registry = Registry::new();
    let mut layers: Vec<_> = (0..Registry::CAPACITY).map(|_| bulkhead(&registry, "seen")).collect();
    let events = EventLog::of_thread();
    let [one, other] = [bulkhead(&registry, "seen"), bulkhead(&registry, "seen")];
    let [event] = &events.of("palisade::registry")[..] else { panic!("not one event: {:?}", events.all()) };
    let fields = ["name", "kind", "capacity"].map(|field| event.field(field).to_owned());
    assert_eq!(fields, ["seen", "bulkhead", "10000"]);

    assert_eq!(registry.instances().len(), Registry::CAPACITY);
    let _place = one.handle().try_enter().unwrap();
    one.handle().try_enter().unwrap_err();
    assert_eq!(value(&registry, "palisade_bulkhead_rejected_total", "seen", &["full"]), Some(1.0));

    drop((layers.split_off(1), other));
    let last = bulkhead(&registry, "last");
    assert!(names(&registry.instances()).contains(&"last"), "there is room again");
    assert_eq!(events.of("palisade::registry").len(), 1);
    drop(last);
}
