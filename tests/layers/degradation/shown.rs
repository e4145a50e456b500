//! What is told, counted, kept and listed.

use std::time::SystemTime;

use palisade::event::Kind;
use palisade::registry::{Instance, Reading};
use palisade::{Action, FeatureLayer, Registry, SteerError, Target};
use tower::{Layer, ServiceExt};

use super::*;
use crate::support::services::up;
use crate::support::time::YEAR;

fn texts(settings: &[palisade::standard::Setting]) -> Vec<String> {
    settings.iter().map(ToString::to_string).collect()
}

#[test]
fn each_change_is_told_with_the_signal_that_decided() {
    paused(async {
        let (log, number) = (EventLog::of_thread(), Number::default());
        let mode = at_once("degraded").signal("load", number.signal());
        let degradation = shop().mode(mode).mode("emergency").build().unwrap();
        for value in [0.875, 0.625, 0.25] {
            number.is(value);
            degradation.mode();
            advance(SECOND).await;
        }
        degradation.set("emergency").unwrap();
        degradation.set("emergency").unwrap();
        degradation.auto();
        let fields = ["from", "to", "signal", "value"];
        let told = log.of("palisade::degradation");
        let told: Vec<_> = told.iter().map(|event| (event.level, fields.map(|field| event.field(field)))).collect();
        assert_eq!(
            told,
            [
                (Level::WARN, ["normal", "degraded", "load", "0.875"]),
                (Level::INFO, ["degraded", "normal", "load", "0.25"]),
                (Level::WARN, ["normal", "emergency", "", ""]),
                (Level::INFO, ["emergency", "normal", "", ""]),
            ]
        );
    });
}

#[test]
fn a_timeline_has_the_changes_in_words() {
    paused(async {
        let (registry, number) = (Registry::new(), Number::default());
        let mode = at_once("degraded").signal("load", number.signal()).signal("broken", || panic!("no number"));
        let degradation = shop().mode(mode).registry(&registry).build().unwrap();
        number.is(0.9);
        degradation.mode();
        degradation.set("normal").unwrap();
        let timeline = registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR);
        let words: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
        let expected = [
            "normal to degraded (load at 0.90)",
            "signal broken failed (panicked: no number)",
            "degraded to normal (by hand)",
        ];
        assert_eq!(words, expected);
    });
}

/// Modes may come from a file.
#[test]
fn a_name_of_two_lines_stays_on_the_line_of_its_happening() {
    paused(async {
        let registry = Registry::new();
        let mode = at_once("worse\n| mode").signal("lo\nad", || 1.0).signal("bro\nken", || panic!("no number"));
        let degradation = shop().mode(mode).registry(&registry).build().unwrap();
        degradation.mode();
        degradation.set("normal").unwrap();
        let set = Action::Set("worse\n| mode".into());
        registry.steer(&Target::new(Kind::Degradation, "shop"), &set, "ann\n").unwrap();
        let timeline = registry.timeline(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 1_000 * YEAR);
        let words: Vec<_> = timeline.happenings.iter().map(|happening| happening.what.to_string()).collect();
        assert_eq!(words.len(), 5, "{words:?}");
        assert!(!words.concat().contains(char::is_control), "{words:?}");
    });
}

#[test]
fn changes_panics_and_rejections_are_counted() {
    paused(async {
        let (registry, number) = (Registry::new(), Number::default());
        let mode = at_once("degraded").signal("load", number.signal()).signal("broken", || panic!("no number"));
        let degradation =
            shop().mode(mode).mode("emergency").feature("reviews", "degraded").registry(&registry).build().unwrap();
        let service = FeatureLayer::new(&degradation, "reviews").layer(up());
        number.is(1.0);
        service.clone().oneshot(1).await.unwrap_err();
        advance(SECOND).await;
        service.clone().oneshot(1).await.unwrap_err();
        degradation.set("emergency").unwrap();
        let metrics = registry.metrics();
        let values = |name: &str| {
            let metric = metrics.iter().find(|metric| metric.name == format!("palisade_{name}")).expect("it is there");
            metric.samples.iter().map(|sample| sample.value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(values("degradation_mode"), [Reading::Level(2.0)]);
        assert_eq!(values("degradation_changes_total"), [Reading::Count(1), Reading::Count(1)]);
        assert_eq!(values("degradation_signal_panics_total"), [Reading::Count(2)]);
        assert_eq!(values("feature_off"), [Reading::Level(1.0)]);
        assert_eq!(values("feature_rejected_total"), [Reading::Count(2)]);
    });
}

#[test]
fn it_is_listed_with_its_modes_features_and_signals() {
    paused(async {
        let registry = Registry::new();
        let mode = Mode::new("degraded").signal("load", || 0.25).signal("queue", || 0.5);
        let builder =
            shop().mode(mode).mode("emergency").feature("reviews", "emergency").feature("similar", "degraded");
        let degradation = builder.registry(&registry).build().unwrap();
        let layer = FeatureLayer::new(&degradation, "reviews");
        degradation.set("emergency").unwrap();
        advance(2 * SECOND).await;
        let [shop, feature] = &registry.instances()[..] else { panic!("there are others") };
        assert_eq!((shop.kind, shop.name.as_str()), (Kind::Degradation, "shop"));
        let settings =
            ["modes degraded at 0.8 to 0.5, emergency", "features reviews from emergency, similar from degraded"];
        assert_eq!(texts(&shop.settings), settings);
        let snapshot = ["mode emergency", "mode_age 2s", "by_hand on", "signals load 0.25, queue 0.50"];
        assert_eq!(texts(&shop.snapshot), snapshot);
        assert_eq!((feature.kind, feature.name.as_str()), (Kind::Feature, "reviews"));
        assert_eq!(texts(&feature.settings), ["degradation shop", "off_from emergency"]);
        assert_eq!(texts(&feature.snapshot), ["allowed off"]);
        drop(layer);
    });
}

/// Who looks reads the signals, so that a page is right where no calls come.
#[test]
fn a_look_at_the_registry_reads_the_signals() {
    paused(async {
        let (registry, number) = (Registry::new(), Number::default());
        let mode = at_once("degraded").signal("load", number.signal());
        let degradation = shop().mode(mode).registry(&registry).build().unwrap();
        number.is(1.0);
        let mode = |instances: Vec<Instance>| instances[0].snapshot[0].to_string();
        assert_eq!(mode(registry.instances()), "mode degraded");
        number.is(0.0);
        advance(SECOND).await;
        registry.metrics();
        assert_eq!((number.reads(), degradation.mode()), (2, "normal"));
    });
}

#[test]
fn a_signal_may_look_at_the_registry() {
    let registry = Registry::new();
    let own = registry.clone();
    let mode = at_once("degraded").signal("all", move || f64::from(u8::from(!own.instances().is_empty())));
    let degradation = shop().mode(mode).registry(&registry).build().unwrap();
    assert_eq!(degradation.mode(), "degraded");
}

#[test]
fn it_is_steered_by_its_modes() {
    let registry = Registry::new();
    let degradation = shop().mode("degraded").registry(&registry).build().unwrap();
    let log = EventLog::of_thread();
    let steer = |action| registry.steer(&Target::new(Kind::Degradation, "shop"), &action, "ann\n");
    assert_eq!(steer(Action::Set("degraded".into())), Ok(1));
    assert_eq!(degradation.mode(), "degraded");
    assert_eq!(steer(Action::Auto), Ok(1));
    assert_eq!(degradation.mode(), "normal");
    let Err(SteerError::Refused(error)) = steer(Action::Set("worse\n".into())) else { panic!("it is not known") };
    assert_eq!(error.to_string(), "degradation `shop`: `mode` is \"worse\\n\", but must be one of: normal, degraded");
    let told: Vec<_> = log.named("shop").into_iter().filter(|event| !event.field("by").is_empty()).collect();
    let told: Vec<_> = told.iter().map(|event| [event.field("action"), event.field("by")]).collect();
    assert_eq!(told, [["set to degraded", "ann\\n"], ["auto", "ann\\n"]]);
}

/// Two may have one name.
#[test]
fn where_one_refuses_a_mode_none_is_set() {
    let registry = Registry::new();
    let build = |mode: &'static str| shop().mode(mode).registry(&registry).build().unwrap();
    let both = [build("degraded"), build("emergency")];
    for mode in ["degraded", "emergency"] {
        let target = Target::new(Kind::Degradation, "shop");
        let refused = registry.steer(&target, &Action::Set(mode.into()), "ann");
        assert!(matches!(refused, Err(SteerError::Refused(_))), "{refused:?}");
        assert_eq!(both.each_ref().map(Degradation::mode), ["normal"; 2]);
    }
}

/// A sum of numbers of modes would be a number of no mode.
#[test]
fn of_two_of_one_name_the_worse_mode_is_measured() {
    let registry = Registry::new();
    let both = [(); 2].map(|()| shop().mode("degraded").mode("emergency").registry(&registry).build().unwrap());
    let mode = || {
        let metrics = registry.metrics();
        let mut samples = metrics.iter().filter(|metric| metric.name == "palisade_degradation_mode");
        samples.next().expect("it is there").samples[0].value.clone()
    };
    assert_eq!(mode(), Reading::Level(0.0));
    for degradation in &both {
        degradation.set("degraded").unwrap();
        assert_eq!(mode(), Reading::Level(1.0));
    }
}
