//! What a frame says.

use std::io;
use std::time::UNIX_EPOCH;

use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Degradation, FallbackLayer, FeatureLayer, Health, HealthCheck, MeasureLayer,
    Name, Phase, RetryLayer, TimeoutLayer,
};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, service_fn};

use super::*;
use crate::patience::{eventually, secs};

const HOSTILE: [&str; 7] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a\n\ndata: {\"groups\":[]}\n\nevent: hello",
    "\"},{\"kind\":\"x",
    "__proto__",
    "constructor",
    "\u{202e}\u{0}\u{2028}",
];

#[tokio::test]
async fn hostile_names_stay_names() {
    let registry = Registry::new();
    let layer = |name| BulkheadLayer::builder(1).name(Name::new(name).unwrap()).registry(&registry).build().unwrap();
    let layers = HOSTILE.map(layer);
    let mut events = Events::of(&open(&registry)).await.unwrap();
    events.next().await;
    let event = String::from_utf8(events.next().await.to_vec()).unwrap();
    assert_eq!(event.matches(['\n', '\r']).count(), 2, "one event is one line: {event:?}");
    let frame: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
    let mut names: Vec<_> = instances(&frame).map(|instance| instance["name"].as_str().unwrap()).collect();
    let mut hostile = HOSTILE;
    names.sort_unstable();
    hostile.sort_unstable();
    assert_eq!(names, hostile);
    drop(layers);
}

#[tokio::test]
async fn reasons_are_cut_at_200_characters() {
    let registry = Registry::new();
    let check = || async { Err::<(), _>(io::Error::other("é".repeat(100_000))) };
    let check = HealthCheck::builder("disk", check).registry(&registry).build().unwrap();
    tokio::spawn(check.run());
    eventually("there is a result", || check.snapshot().last.is_some()).await;
    let name = "x".repeat(64);
    let circuit =
        CircuitBreakerLayer::builder(name).registry(&registry).per_key(|key: &String| key.clone()).show_keys();
    let circuit = circuit.build().unwrap();
    let mut service = circuit.layer(service_fn(async |_: String| Ok::<_, io::Error>(())));
    service.call("k".repeat(100_000)).await.unwrap();

    let page = open(&registry).show_keys();
    let frame = frame(&page).await;
    let said: Value = serde_json::from_str(&get(&page, "/instances").await.text).unwrap();
    for instances in [instances(&frame).cloned().collect(), said.as_array().unwrap().clone()] {
        let texts = instances.iter().flat_map(|instance| {
            let values = ["snapshot", "settings"].map(|part| instance[part].as_object().unwrap().values());
            values.into_iter().flatten().chain([&instance["key"]])
        });
        let longest = texts.filter_map(Value::as_str).map(|text| text.chars().count()).max();
        assert!(longest.is_some_and(|longest| longest <= 201), "{longest:?}");
    }
}

#[tokio::test]
async fn a_degradation_that_is_not_normal_or_set_by_hand_is_to_watch() {
    let registry = Registry::new();
    let degradation = Degradation::builder("shop").mode("degraded").feature("reviews", "degraded").registry(&registry);
    let degradation = degradation.build().unwrap();
    let _reviews = FeatureLayer::new(&degradation, "reviews");
    let troubles = async || {
        let frame = frame(&open(&registry)).await;
        let trouble = |kind: &str| instances(&frame).find(|one| one["kind"] == kind).unwrap()["trouble"].clone();
        ["degradation", "feature"].map(trouble)
    };
    assert_eq!(troubles().await, ["well", "well"]);
    degradation.set("degraded").unwrap();
    assert_eq!(troubles().await, ["watch", "watch"]);
    degradation.set("normal").unwrap();
    assert_eq!(troubles().await, ["watch", "well"]);
    degradation.auto();
    assert_eq!(troubles().await, ["well", "well"]);
}

#[cfg(feature = "chaos")]
#[tokio::test]
async fn faults_that_are_on_are_to_watch() {
    let registry = Registry::new();
    let chaos = palisade::ChaosLayer::<(), ()>::builder("orders").registry(&registry).build().unwrap().handle();
    let trouble = async || instances(&frame(&open(&registry)).await).next().unwrap()["trouble"].clone();
    assert_eq!(trouble().await, "well");
    chaos.start();
    assert_eq!(trouble().await, "watch");
    chaos.halt();
    assert_eq!(trouble().await, "well");
}

#[cfg(feature = "chaos")]
#[tokio::test]
async fn a_frame_has_the_last_report_of_each_experiment() {
    let registry = Registry::new();
    let experiment = |name| palisade::chaos::Experiment::new(name).unwrap().registry(&registry).for_(secs(0));
    let (held, never) = (experiment("held"), experiment("never"));
    let unsteady = experiment("unsteady").steady(|| async { Err::<(), _>(io::Error::other("no order")) });
    held.run().await;
    unsteady.run().await;
    let frame = frame(&open(&registry)).await;
    let mut said: Vec<_> = instances(&frame)
        .map(|one| {
            let [outcome, why, began] =
                ["outcome", "why", "began"].map(|of| one["snapshot"][of].as_str().unwrap_or("-"));
            [&one["name"], &one["kind"], &one["trouble"]].map(|text| text.as_str().unwrap()).join(", ")
                + &format!(", {outcome}, {why}, {}", began.ends_with('Z'))
        })
        .collect();
    said.sort_unstable();
    let expected = [
        "held, experiment, well, held, -, true",
        "never, experiment, well, -, -, false",
        "unsteady, experiment, watch, not_steady, no order, true",
    ];
    assert_eq!(said, expected);
    let told = frame["happenings"].as_array().unwrap().iter().map(|happening| &happening["what"]);
    assert_eq!(told.filter(|what| **what == "experiment ended, not steady (no order)").count(), 1);
    drop(never);
}

#[tokio::test]
async fn keys_are_shown_only_when_asked_for() {
    let registry = Registry::new();
    let circuit = CircuitBreakerLayer::builder("tenants").registry(&registry);
    let circuit = circuit.per_key(|key: &&'static str| *key).show_keys().build().unwrap();
    let mut service = circuit.layer(service_fn(async |_: &'static str| Ok::<_, io::Error>(())));
    service.call("acme-token").await.unwrap();
    for (page, is_shown) in [(open(&registry), false), (open(&registry).show_keys(), true)] {
        let texts =
            [frame(&page).await.to_string(), get(&page, "/instances").await.text, get(&page, "/metrics").await.text];
        assert_eq!(texts[0].contains("acme-token"), is_shown);
        assert_eq!(texts[1].contains("acme-token"), is_shown);
        assert!(!texts[2].contains("acme-token"));
        assert!(
            instances(&frame(&page).await).any(|instance| !instance["key"].is_null()),
            "that there is a key is told"
        );
    }
}

#[tokio::test]
async fn ten_thousand_instances_make_a_small_frame() {
    let registry = Registry::new();
    let circuit = |number: usize| {
        let name = format!("circuit {number}");
        CircuitBreakerLayer::builder(name).registry(&registry).build().unwrap()
    };
    let circuits: Vec<_> = (0..Registry::CAPACITY).map(circuit).collect();
    circuits[9_999].handle().force_open();
    circuits[5_000].handle().force_closed();
    let mut events = Events::of(&open(&registry)).await.unwrap();
    events.next().await;
    let event = events.next().await;
    assert!(event.len() < 200_000, "{} bytes", event.len());
    let frame: Value = serde_json::from_slice(event.strip_prefix(b"data: ").unwrap()).unwrap();
    assert_eq!((&frame["instances"], &frame["hidden"]), (&10_000.into(), &9_800.into()));
    let in_trouble = |trouble: &str| {
        let instances = instances(&frame).filter(|instance| instance["trouble"] == trouble);
        instances.map(|instance| instance["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((in_trouble("wrong"), in_trouble("watch")), (vec!["circuit 9999".into()], vec!["circuit 5000".into()]));
    assert_eq!(in_trouble("well").len(), 198);
}

#[tokio::test(start_paused = true)]
async fn the_happenings_are_the_last_ones_of_the_timeline() {
    let registry = Registry::new();
    let circuit = |name| CircuitBreakerLayer::builder(name).registry(&registry).build().unwrap().handle();
    let circuits = ["a", "b", "c"].map(circuit);
    for (turn, number) in (0..90).zip([0, 1, 1, 2, 0].into_iter().cycle()) {
        advance(secs(turn % 4)).await;
        let circuit = &circuits[number];
        if circuit.phase() == Phase::Closed {
            circuit.force_open();
        } else {
            circuit.reset();
        }
    }
    advance(secs(1)).await;
    let timeline = registry.timeline(UNIX_EPOCH, UNIX_EPOCH + secs(10_000_000_000));
    let said = |name: &str, what: String| format!("{name} {what}");
    let all = timeline.happenings.iter().rev().map(|one| said(one.name.as_str(), one.what.to_string()));
    let frame = frame(&open(&registry)).await;
    let shown = frame["happenings"].as_array().unwrap().iter();
    let shown = shown.map(|one| said(one["name"].as_str().unwrap(), one["what"].as_str().unwrap().to_owned()));
    assert_eq!(shown.collect::<Vec<_>>(), all.take(50).collect::<Vec<_>>());
}

/// The counters of a registry without zeros, as a frame has them.
fn counted(registry: &Registry) -> Vec<(String, String, u64)> {
    use palisade::registry::Reading;
    let metrics = registry.metrics();
    let samples = metrics.iter().flat_map(|metric| metric.samples.iter().map(move |sample| (metric.name, sample)));
    let counts = samples.filter_map(|(metric, sample)| {
        let count = match &sample.value {
            Reading::Count(count) => *count,
            Reading::Histogram(times) => times.count(),
            _ => return None,
        };
        let labels: Vec<_> = sample.labels.iter().skip(1).map(|(_, value)| *value).collect();
        Some((metric.strip_prefix("palisade_").unwrap().to_owned(), labels.join(" "), count))
    });
    let mut counts: Vec<_> = counts.filter(|(.., count)| *count > 0).collect();
    counts.sort();
    counts
}

#[tokio::test]
async fn a_frame_counts_what_metrics_count_to_the_call() {
    let registry = Registry::new();
    let name = Name::new("payments").unwrap();
    let mut service = ServiceBuilder::new()
        .layer(FallbackLayer::value(0).name(name).registry(&registry))
        .layer(MeasureLayer::builder("payments").registry(&registry).build().unwrap())
        .layer(TimeoutLayer::new(secs(1)).name(name).registry(&registry))
        .layer(RetryLayer::builder("payments").registry(&registry).build().unwrap())
        .layer(CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap())
        .service(service_fn(
            async |number: u32| if number % 3 == 0 { Err(io::Error::other("down")) } else { Ok(number) },
        ));
    for number in 0..100 {
        service.call(number).await.unwrap();
    }
    let page = open(&registry);
    let in_frame = |frame: &Value| {
        let mut all = Vec::new();
        for (metric, names) in frame["metrics"].as_object().unwrap() {
            for (labels, number) in names["payments"].as_object().unwrap() {
                all.extend(number.as_u64().map(|count| (metric.clone(), labels.clone(), count)));
            }
        }
        all.sort();
        all
    };
    let shown = in_frame(&frame(&page).await);
    assert_eq!(shown, counted(&registry));
    assert!(shown.len() > 5, "{shown:?}");
    drop(service);
    let mut events = Events::of(&page).await.unwrap();
    assert_eq!(in_frame(&events.frame().await), shown, "what is gone keeps its counts");
}

#[tokio::test]
async fn the_frame_says_how_badly_off_each_is() {
    let registry = Registry::new();
    let page = open(&registry);
    let layer = CircuitBreakerLayer::builder("payments").registry(&registry).build().unwrap();
    let handle = layer.handle();
    let trouble = async || instances(&frame(&page.clone().show_keys()).await).next().unwrap()["trouble"].clone();
    assert_eq!(trouble().await, "well");
    handle.force_open();
    assert_eq!(trouble().await, "wrong");
    handle.force_closed();
    assert_eq!(trouble().await, "watch");
    handle.metrics_only();
    assert_eq!(trouble().await, "watch");
    handle.reset();
    assert_eq!(trouble().await, "well");
}

#[tokio::test]
async fn what_was_shut_by_hand_is_to_watch() {
    let registry = Registry::new();
    let page = open(&registry);
    let bulkhead = BulkheadLayer::builder(8).registry(&registry).build().unwrap().handle();
    let health = Health::builder().registry(&registry).build().unwrap();
    let troubles = async || {
        let frame = frame(&page.clone().show_keys()).await;
        instances(&frame).map(|one| one["trouble"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(troubles().await, ["well", "well"]);
    bulkhead.resize(0);
    health.drain();
    assert_eq!(troubles().await, ["watch", "watch"], "nothing comes in");
    bulkhead.resize(8);
    health.undrain();
    assert_eq!(troubles().await, ["well", "well"]);
}
