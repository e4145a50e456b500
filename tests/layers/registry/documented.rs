//! The table of settings and snapshots, on the page of an instance.

use std::collections::{BTreeMap, BTreeSet};

use palisade::event::Kind;
use palisade::standard::Setting;
use palisade::{CoalesceLayer, DeadLetters, Degradation, FeatureLayer, MemoryStore, Objective, Replicas, Saga};

use super::*;
use crate::support::codec::Nothing;
use crate::support::services::Prompt;

type Fields = BTreeSet<String>;

/// The settings and the snapshot of each kind, as the page has them.
fn documented() -> BTreeMap<String, [Fields; 2]> {
    let page = include_str!("../../../src/registry/instance.rs");
    let rows = page.lines().filter_map(|line| line.strip_prefix("/// | ")).filter(|row| !row.starts_with("kind"));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    cells.map(|cells| (cells[0].to_owned(), [cells[1], cells[2]].map(quoted))).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Fields {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn fields(settings: &[Setting]) -> Fields {
    settings.iter().map(|setting| setting.name.to_owned()).collect()
}

/// The settings and the snapshot of each kind, as these layers have them.
fn shown(registry: &Registry) -> BTreeMap<String, [Fields; 2]> {
    let mut kinds = BTreeMap::<String, [Fields; 2]>::new();
    for Instance { kind, settings, snapshot, .. } in registry.instances() {
        let [all_settings, all_snapshots] = kinds.entry(kind.as_str().to_owned()).or_default();
        all_settings.append(&mut fields(&settings));
        all_snapshots.append(&mut fields(&snapshot));
    }
    kinds
}

type Sharing = CoalesceLayer<Prompt<u32>, u32, fn(&u32) -> u32>;

fn sharing(registry: &Registry) -> Sharing {
    let key: fn(&u32) -> u32 = |request| *request;
    CoalesceLayer::builder("seen", key).registry(registry).build().expect("the name is legal")
}

#[cfg(feature = "moka")]
fn caching(registry: &Registry) -> impl Sized + use<> {
    use palisade::cache::{ByKey, CacheLayer, Fetch};

    type Key = fn(&u32) -> u32;

    let key: Key = |request| *request;
    let builder = CacheLayer::builder("seen", key).registry(registry);
    builder.build::<Fetch<Prompt<u32>, u32, ByKey<Key, u32>>>().expect("the settings are legal")
}

fn sagas(registry: &Registry) -> Saga<()> {
    let (log, nothing) = (Arc::new(MemoryStore::new()), |(), _| ready(Ok::<_, Down>(())));
    let saga = Saga::builder("seen", log, Nothing).step("step", nothing, nothing).registry(registry);
    saga.build().expect("the settings are legal")
}

fn letters(registry: &Registry) -> DeadLetters<()> {
    let builder = DeadLetters::builder("seen", Arc::new(MemoryStore::new()), Nothing).registry(registry);
    builder.open().now_or_never().expect("memory is at hand").expect("the settings are legal")
}

#[test]
fn the_page_has_what_each_kind_shows() {
    let registry = Registry::new();
    let circuit = || CircuitBreakerLayer::builder("seen").registry(&registry);
    let degradation = Degradation::builder("seen").registry(&registry).build().unwrap();
    let _layers = (
        circuit().slow_rate(0.5, SECOND).build().unwrap(),
        circuit().count_window(100).build().unwrap(),
        BulkheadLayer::builder(8).adaptive(Adaptive::vegas()).registry(&registry).build().unwrap(),
        RateLimitLayer::builder("seen", Rate::per_second(9)).registry(&registry).build().unwrap(),
        ThrottleLayer::builder("seen").registry(&registry).build().unwrap(),
        RetryLayer::builder("seen").registry(&registry).build().unwrap(),
        palisade::HedgeLayer::builder("seen").registry(&registry).build().unwrap(),
        TimeoutLayer::new(SECOND).registry(&registry),
        FallbackLayer::value(1).registry(&registry),
        MeasureLayer::builder("seen").registry(&registry).build().unwrap(),
        CriticalityLayer::by(|_: &u32| Criticality::Critical).registry(&registry),
        Replicas::builder("seen").add("a", up::<u32>()).registry(&registry).build().unwrap(),
        sharing(&registry),
        #[cfg(feature = "moka")]
        caching(&registry),
        letters(&registry),
        #[cfg(feature = "chaos")]
        palisade::ChaosLayer::<u32, u32>::builder("seen").registry(&registry).build().unwrap(),
        #[cfg(feature = "chaos")]
        palisade::chaos::Experiment::new("seen").unwrap().registry(&registry),
        Health::builder().registry(&registry).build().unwrap(),
        HealthCheck::builder("seen", || ready(Ok::<_, Down>(()))).registry(&registry).build().unwrap(),
        Heartbeats::builder().registry(&registry).build().unwrap(),
        Objective::builder("seen").availability(0.999).registry(&registry).build().unwrap(),
        sagas(&registry),
        degradation.clone(),
        FeatureLayer::new(&degradation, "seen"),
    );
    let (mut documented, shown) = (documented(), shown(&registry));
    if !cfg!(feature = "moka") {
        documented.remove("cache");
    }
    if !cfg!(feature = "chaos") {
        documented.remove("chaos");
        documented.remove("experiment");
    }
    let [settings, _] = documented.remove("per key").expect("it has a row");
    assert_eq!(settings, ["capacity", "idle"].map(str::to_owned).into());
    assert_eq!(documented, shown);
}

/// The kinds that are not listed have their reasons in `tests/contracts`.
#[test]
fn the_page_has_every_kind_that_is_listed() {
    let documented = documented().into_keys();
    let not_listed = ["answer", "registry", "custom"].map(str::to_owned);
    let kinds: BTreeSet<_> = documented.chain(not_listed).collect();
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect());
}

/// A column that asks for anything else stays empty.
#[test]
fn the_columns_of_the_page_ask_for_what_there_is() {
    let (documented, mut asked) = (documented(), 0);
    let table = include_str!("../../../src/page/page.js").split_once("const KINDS = {").unwrap().1;
    let mut kind = "";
    for line in table.lines().take_while(|line| *line != "};") {
        if let Some((head, _)) = line.strip_prefix("  \"").and_then(|line| line.split_once("\": [")) {
            kind = head;
        }
        for (place, way) in ["row.set(\"", "row.see(\""].iter().enumerate() {
            for field in line.split(way).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(documented[kind][place].contains(field), "{kind}: {field}");
                asked += 1;
            }
        }
    }
    assert!(asked > 20, "{asked}");
}

/// Each makes a layer per key of the builder of a limit, whose fields the page tells apart.
macro_rules! per_key {
    ($($name:ident: $builder:expr, $kind:literal, $gauges:expr;)+) => {$(
        #[test]
        fn $name() {
            let (registry, builder) = (Registry::new(), $builder);
            let layer = builder.per_key(|key: &u32| *key).registry(&registry).build().unwrap();
            layer.layer(up()).oneshot(1).now_or_never().unwrap().unwrap();
            let mut shown = shown(&registry).remove("per key").unwrap();
            let page = documented();
            let [settings, snapshot] = &page["per key"];
            let [of_limits, _] = &page[$kind];
            let is_documented = |setting: &String| settings.contains(setting) || of_limits.contains(setting);
            assert!(settings.is_subset(&shown[0]) && shown[0].iter().all(is_documented), "{shown:?}");
            assert!(shown[1].remove("keys"));
            assert_eq!(shown[1], $gauges.map(str::to_owned).into());
            assert!($kind == "circuit breaker" || shown[1].is_subset(snapshot), "{snapshot:?}");
        }
    )+};
}

per_key! {
    circuits_of_keys_show_their_phases: CircuitBreakerLayer::builder("seen"), "circuit breaker",
        ["closed", "metrics_only", "forced_closed", "open", "forced_open", "half_open"];
    bulkheads_of_keys_show_their_gauges: BulkheadLayer::builder(4), "bulkhead", ["in_flight", "limit", "queued"];
    rate_limits_of_keys_show_their_gauges: RateLimitLayer::builder("seen", Rate::per_second(9)), "rate limit",
        ["tokens", "waiting"];
    throttles_of_keys_show_no_gauges: ThrottleLayer::builder("seen"), "throttle", [""; 0];
    measures_of_keys_show_their_gauges: MeasureLayer::builder("seen"), "measure", ["in_flight"];
}

#[test]
fn calls_under_names_of_their_own_are_in_flight_in_their_layer() {
    let registry = Registry::new();
    let layer = MeasureLayer::builder("orders").by(|_: &u32| name("seen")).registry(&registry).build().unwrap();
    let mut service = layer.layer(hung());
    let _call = begin(&mut service, 1);
    let instances = registry.instances();
    let in_flight = instances[0].snapshot.iter().map(ToString::to_string);
    assert_eq!(in_flight.collect::<Vec<_>>(), ["keys 1", "in_flight 1"]);
}
