//! The layer of a feature.

use futures_util::FutureExt;
use palisade::test_util::{ServiceProbe, assert_at_rest};
use palisade::{Error, FallbackLayer, FeatureLayer, Registry, RejectionReason};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use super::*;
use crate::support::reason;
use crate::support::services::up;

fn reviews(registry: &Registry) -> Degradation {
    shop().mode("degraded").feature("reviews", "degraded").registry(registry).build().expect("the settings are legal")
}

#[test]
fn calls_are_rejected_while_the_feature_is_off() {
    let (registry, log) = (Registry::new(), EventLog::of_thread());
    let degradation = reviews(&registry);
    let mut service = FeatureLayer::new(&degradation, "reviews").layer(up());
    let mut call = || service.ready().now_or_never().unwrap().unwrap().call(7).now_or_never().unwrap();
    assert_eq!(call().unwrap(), 7);
    degradation.set("degraded").unwrap();
    let rejected = call();
    assert_eq!(reason(&rejected), Some(RejectionReason::SwitchedOff));
    let rejected = rejected.unwrap_err();
    assert_eq!(rejected.to_string(), "feature `reviews` rejected the call: it is switched off");
    assert_eq!(rejected.rejection().unwrap().retry_after(), None);
    degradation.auto();
    assert_eq!(call().unwrap(), 7);
    let told = log.named("reviews");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].level, told[0].target), (Level::DEBUG, "palisade::degradation"));
    assert_eq!(["message", "reason"].map(|field| told[0].field(field)), ["rejected", "switched_off"]);
    assert_at_rest(&registry);
}

#[test]
fn a_fallback_around_it_answers() {
    paused(async {
        let number = Number::default();
        let mode = at_once("degraded").signal("load", number.signal());
        let degradation = shop().mode(mode).feature("reviews", "degraded").build().unwrap();
        let stack = ServiceBuilder::new()
            .layer(FallbackLayer::value(404))
            .layer(FeatureLayer::new(&degradation, "reviews"))
            .service(up());
        let mut answers = Vec::new();
        for value in [0.0, 1.0, 0.0] {
            number.is(value);
            answers.push(stack.clone().oneshot(7).await.unwrap());
            advance(SECOND).await;
        }
        assert_eq!(answers, [7, 404, 7], "a call reads the signals");
    });
}

#[test]
fn a_service_that_is_not_ready_holds_up_no_rejected_call() {
    let degradation = reviews(&Registry::new());
    let stalled = ServiceProbe::new(up()).stalled();
    let mut service = FeatureLayer::new(&degradation, "reviews").layer(stalled.clone());
    assert!(service.ready().now_or_never().is_none(), "the feature is on");
    degradation.set("degraded").unwrap();
    let result = service.ready().now_or_never().unwrap().unwrap().call(7).now_or_never().unwrap();
    assert_eq!(reason(&result), Some(RejectionReason::SwitchedOff));
    // It came on between the readiness and the call: the inner service is asked once, and is not ready.
    assert!(service.ready().now_or_never().is_some());
    degradation.auto();
    assert_eq!(reason(&service.call(7).now_or_never().unwrap()), Some(RejectionReason::NotReady));
}

#[test]
fn signals_are_read_also_where_the_inner_service_is_never_ready() {
    paused(async {
        let number = Number::default();
        let mode = at_once("degraded").signal("load", number.signal());
        let degradation = shop().mode(mode).feature("reviews", "degraded").build().unwrap();
        let service = FeatureLayer::new(&degradation, "reviews").layer(ServiceProbe::new(up()).stalled());
        let mut call = service.clone().oneshot(7);
        assert!((&mut call).now_or_never().is_none());
        number.is(1.0);
        advance(SECOND).await;
        assert_eq!(reason(&service.oneshot(7).await), Some(RejectionReason::SwitchedOff));
        drop(call);
    });
}

#[test]
fn an_unknown_feature_is_always_on_and_is_told() {
    let (registry, log) = (Registry::new(), EventLog::of_thread());
    let degradation = reviews(&registry);
    degradation.set("degraded").unwrap();
    let layers = ["revues", "", &"x".repeat(65)].map(|feature| FeatureLayer::new(&degradation, feature));
    for layer in &layers {
        assert_eq!(layer.layer(up()).oneshot(7).now_or_never().unwrap().unwrap(), 7);
    }
    let told = log.named("revues");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].level, told[0].target), (Level::WARN, "palisade::degradation"));
    assert_eq!(told[0].field("degradation"), "shop");
    let names = registry.instances().into_iter().map(|instance| instance.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["shop", "revues", "unknown", "unknown"]);
}

#[test]
fn a_layer_has_its_degradation_as_handle_and_keeps_it() {
    let registry = Registry::new();
    let layer = FeatureLayer::new(&reviews(&registry), "reviews");
    layer.handle().set("degraded").unwrap();
    let result: Result<u32, Error> = layer.layer(up()).oneshot(7).now_or_never().unwrap();
    assert_eq!(reason(&result), Some(RejectionReason::SwitchedOff));
    drop(layer);
    assert!(registry.instances().is_empty());
}
