//! Names, keys and observers that mean harm.

use super::*;

/// Texts that are harmful where they are not escaped.
pub(super) const HOSTILE: [&str; 5] = [
    "\"} 1\npalisade_up{name=\"",
    "</script><script>alert(1)</script>",
    "\u{0}\u{1b}[2J",
    "\\\"\\",
    "\u{202e}\u{1f480}",
];

#[test]
fn a_name_may_have_any_character_and_is_told_as_it_is() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|text| bulkhead(&registry, text));
    for text in HOSTILE {
        assert_eq!(value(&registry, "palisade_bulkhead_limit", text, &[]), Some(1.0));
        assert!(names(&registry.instances()).contains(&text));
    }
}

#[test]
fn debug_shows_no_control_characters() {
    let registry = Registry::new();
    let _layers = HOSTILE.map(|text| bulkhead(&registry, text));
    let shown = format!("{:?} {:?} {registry:?}", registry.instances(), registry.metrics());
    assert!(!shown.contains(char::is_control), "{shown}");
}

#[test]
fn an_observer_that_panics_does_no_harm_to_the_registry() {
    let registry = Registry::new();
    let mut layers: Vec<_> = (0..Registry::CAPACITY).map(|_| bulkhead(&registry, "panics")).collect();
    let subscription = event::observe(|source: Source<'_>, event: &Event<'_>| {
        assert!(!matches!(event, Event::NotListed { .. }) || source.name().as_str() != "panics", "by plan");
    });
    catch_unwind(AssertUnwindSafe(|| bulkhead(&registry, "panics"))).unwrap_err();
    drop(subscription);
    assert_eq!(registry.instances().len(), Registry::CAPACITY);
    layers.clear();
    let _layer = bulkhead(&registry, "later");
    assert_eq!(names(&registry.instances()), ["later"]);
}

/// A circuit that one failure opens, and an observer that panics when it does.
fn panics_when_open(text: &'static str, registry: &Registry) -> (CircuitBreakerLayer, event::Subscription) {
    let layer =
        CircuitBreakerLayer::builder(text).consecutive(1).registry(registry).build().expect("its settings are legal");
    let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
        assert!(!matches!(event, Event::Transition { .. }) || source.name().as_str() != text, "of the observer");
    });
    (layer, subscription)
}

#[test]
fn a_panic_of_an_observer_leaves_that_of_the_service_as_it_was() {
    let registry = Registry::new();
    let (layer, subscription) = panics_when_open("panics twice", &registry);
    let mut service = layer.layer(service_fn(|_: u32| -> Ready<Result<u32, Down>> { panic!("of the service") }));
    let panic = catch_unwind(AssertUnwindSafe(|| service.call(1).now_or_never())).unwrap_err();
    drop(subscription);
    assert_eq!(panic.downcast_ref(), Some(&"of the service"));
    assert_eq!(value(&registry, "palisade_circuit_phase", "panics twice", &["open"]), Some(1.0));
    assert_eq!(value(&registry, "palisade_circuit_calls_total", "panics twice", &["failure"]), Some(1.0));
}

#[test]
fn observers_hear_what_one_before_them_panicked_at() {
    let registry = Registry::new();
    let (layer, first) = panics_when_open("heard by others", &registry);
    let heard = Arc::new(AtomicBool::new(false));
    let kept = Arc::clone(&heard);
    let second = event::observe(move |source: Source<'_>, _: &Event<'_>| {
        kept.fetch_or(source.name().as_str() == "heard by others", Ordering::SeqCst);
    });
    let guard = layer.handle().try_enter().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| guard.failure())).unwrap_err();
    drop((first, second));
    assert_eq!(panic.downcast_ref(), Some(&"of the observer"));
    assert!(heard.load(Ordering::SeqCst));
}

#[test]
fn a_circuit_may_be_used_by_who_hears_of_it_while_somebody_looks() {
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::builder("looks").registry(&registry).build().unwrap();
    let looked = registry.clone();
    let subscription = event::observe(move |source: Source<'_>, _: &Event<'_>| {
        if source.name().as_str() == "looks" {
            looked.instances();
            looked.metrics();
        }
    });
    layer.handle().force_open();
    drop(subscription);
    assert_eq!(value(&registry, "palisade_circuit_phase", "looks", &["forced_open"]), Some(1.0));
}
