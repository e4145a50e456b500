//! What is seen of faults, and how they are steered from elsewhere.

use std::any::Any;
use std::time::SystemTime;

use palisade::event::Kind;
use palisade::registry::Reading;
use palisade::test_util::EventLog;
use palisade::{Action, CircuitBreakerBuilder, CircuitBreakerLayer, ConfigError, Registry, Target};
use tracing::Level;

use super::*;

#[test]
fn the_start_the_end_and_each_fault_are_told() {
    paused(async {
        let events = EventLog::of_thread();
        let (mut service, handle, _) = started(all().delay(1.0, MILLI).fail(1.0, |_| Down(1)).max_share(0.5));
        for request in 0..4 {
            service.ready().await.unwrap().call(request).await.ok();
        }
        handle.halt();
        handle.halt();
        let told = events.of("palisade::chaos").into_iter();
        let told: Vec<_> = told.map(|event| (event.level, event.field("message").to_owned())).collect();
        let expected = [
            (Level::WARN, "faults started"),
            (Level::INFO, "faults held back"),
            (Level::DEBUG, "faulted"),
            (Level::DEBUG, "faulted"),
            (Level::DEBUG, "faulted"),
            (Level::DEBUG, "faulted"),
            (Level::INFO, "faults stopped"),
        ];
        assert_eq!(told, expected.map(|(level, message)| (level, message.to_owned())));
    });
}

/// Nothing of it depends on the build: who leaves chaos on in a release build reads it in the log, too.
#[test]
fn every_start_is_told_with_a_warn() {
    paused(async {
        let (registry, events) = (Registry::new(), EventLog::of_thread());
        let layer = all().registry(&registry).build().unwrap();
        let (handle, started) = (layer.handle(), now());
        assert!(events.all().is_empty(), "it is off until somebody starts it");
        handle.start();
        handle.start_at(0.5).unwrap();
        handle.during(started + SECOND..started + 2 * SECOND).unwrap();
        registry.steer(&Target::new(Kind::Chaos, "faults"), &Action::Start, "ann").unwrap();
        palisade::chaos::experiment::Disrupt::start(&handle).unwrap();
        let told = events.all().into_iter().filter(|event| event.field("message") == "faults started");
        let told: Vec<_> = told.map(|event| (event.level, event.target)).collect();
        assert_eq!(told, [(); 5].map(|()| (Level::WARN, "palisade::chaos")));
    });
}

fn circuit(name: &'static str) -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder(name)
}

fn boxed(circuit: CircuitBreakerBuilder) -> Result<Box<dyn Any>, ConfigError> {
    Ok(Box::new(circuit.build()?))
}

/// Says at which failure rate a circuit opens by these faults, as the event of their start does.
fn opens_at(registry: &Registry, max_share: f64) -> Option<String> {
    let events = EventLog::of_thread();
    let layer = all().max_share(max_share).registry(registry).build().expect("the settings are legal");
    layer.handle().start();
    let started = events.of("palisade::chaos").remove(0);
    let rate = started.fields.get("failure_rate").cloned();
    let message = if rate.is_some() { "faults started that may open a circuit" } else { "faults started" };
    assert_eq!((started.level, started.field("message")), (Level::WARN, message));
    rate
}

/// What is built around the faults, and kept.
type Around = fn(&Registry) -> Result<Box<dyn Any>, ConfigError>;

#[test]
fn a_start_says_whether_the_faults_are_enough_to_open_a_circuit() {
    paused(async {
        let rows: [(&str, Around, [Option<&str>; 3]); 8] = [
            ("none", |_| Ok(Box::new(())), [None; 3]),
            ("at half", |registry| boxed(circuit("faults").registry(registry)), [None, Some("0.5"), Some("0.5")]),
            (
                "at all",
                |registry| boxed(circuit("faults").failure_rate(1.0).registry(registry)),
                [None, None, Some("1.0")],
            ),
            ("by no rate", |registry| boxed(circuit("faults").without_failure_rate().registry(registry)), [None; 3]),
            ("of another name", |registry| boxed(circuit("orders").registry(registry)), [None; 3]),
            ("elsewhere", |_| boxed(circuit("faults").registry(&Registry::new())), [None; 3]),
            (
                "of each key",
                |registry| Ok(Box::new(circuit("faults").registry(registry).per_key(|key: &u32| *key).build()?)),
                [None, Some("0.5"), Some("0.5")],
            ),
            (
                "in the standard stack",
                |registry| Ok(Box::new(palisade::standard("faults")?.registry(registry))),
                [None, Some("0.5"), Some("0.5")],
            ),
        ];
        for (label, build, expected) in rows {
            let registry = Registry::new();
            let around = build(&registry).unwrap();
            let opens = [0.49, 0.5, 1.0].map(|max_share| opens_at(&registry, max_share));
            assert_eq!(opens.each_ref().map(Option::as_deref), expected, "{label}");
            drop(around);
            assert_eq!(opens_at(&registry, 1.0), None, "{label}, when it has gone");
        }
    });
}

#[test]
fn of_several_circuits_a_start_names_that_which_opens_first() {
    paused(async {
        let registry = Registry::new();
        let _circuits =
            [0.9, 0.3, 0.6].map(|rate| boxed(circuit("faults").failure_rate(rate).registry(&registry)).unwrap());
        assert_eq!(opens_at(&registry, 0.7).as_deref(), Some("0.3"));
        let handle = all().registry(&registry).build().unwrap().handle();
        handle.start();
        handle.during(now()..now() + SECOND).unwrap();
        let now = SystemTime::UNIX_EPOCH;
        let timeline = registry.timeline(now, now + Duration::from_secs(1 << 40));
        let told = timeline.happenings.iter().map(|happening| happening.what.to_string());
        let told: Vec<_> = told.filter(|what| what.starts_with("faults started")).collect();
        let expected = ["10m", "1s"]
            .map(|time| format!("faults started for {time}, enough to open a circuit at a failure rate of 0.3"));
        assert_eq!(told, expected);
    });
}

#[test]
fn faults_are_started_and_stopped_through_the_registry() {
    paused(async {
        let registry = Registry::new();
        let (_, handle, _) = started(all().fail(1.0, |_| Down(1)).registry(&registry));
        handle.halt();
        let target = Target::new(Kind::Chaos, "faults");
        registry.steer(&target, &Action::Start, "ann").unwrap();
        assert!(handle.snapshot().is_on);
        registry.steer(&target, &Action::Halt, "ann").unwrap();
        assert!(!handle.snapshot().is_on);
        let now = SystemTime::UNIX_EPOCH;
        let timeline = registry.timeline(now, now + Duration::from_secs(1 << 40));
        let told: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
        let expected = [
            "faults started for 10m",
            "faults stopped (by hand)",
            "start by ann",
            "faults started for 10m",
            "halt by ann",
            "faults stopped (by hand)",
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn what_calls_met_is_counted() {
    paused(async {
        let registry = Registry::new();
        let faults = all().delay(1.0, MILLI).fail(1.0, |_| Down(1)).max_share(0.5).registry(&registry);
        let (mut service, handle, _) = started(faults);
        for request in 0..4 {
            service.ready().await.unwrap().call(request).await.ok();
        }
        handle.halt();
        let metrics = registry.metrics().into_iter().filter(|metric| metric.name.starts_with("palisade_chaos_"));
        let samples = metrics.flat_map(|metric| metric.samples.into_iter().map(move |sample| (metric.name, sample)));
        let counted = samples.filter(|(_, sample)| !matches!(sample.value, Reading::Count(0)));
        let counted: Vec<_> = counted
            .map(|(name, sample)| (name, sample.labels.last().map_or("", |label| label.1), sample.value))
            .collect();
        let expected = [
            ("palisade_chaos_on", "faults", Reading::Level(0.0)),
            ("palisade_chaos_faults_total", "fail", Reading::Count(2)),
            ("palisade_chaos_faults_total", "delay", Reading::Count(2)),
            ("palisade_chaos_spared_total", "faults", Reading::Count(2)),
            ("palisade_chaos_halted_total", "by_hand", Reading::Count(1)),
        ];
        assert_eq!(counted, expected);
    });
}

#[test]
fn an_instance_shows_its_faults() {
    paused(async {
        let registry = Registry::new();
        let fault = Fault::hang(0.1).during(SECOND..2 * SECOND);
        let faults = all().delay(0.5, MILLI..2 * MILLI).fault(fault).registry(&registry);
        let (_service, _, _) = started(faults);
        let instance = &registry.instances()[0];
        let shown: Vec<_> = instance.settings.iter().chain(&instance.snapshot).map(ToString::to_string).collect();
        let expected = [
            "faults delay 0.5 of 1ms to 2ms, hang 0.1 during 1s to 2s",
            "max_share 1",
            "expires 600s",
            "is_on on",
            "left 600s",
            "calls 0",
            "faulted 0",
            "spared 0",
        ];
        assert_eq!(shown, expected);
    });
}
