//! Events as values, for those who observe them.

use std::sync::{Arc, Mutex};

use palisade::event::{Event, Kind, Source};
use palisade::{BulkheadLayer, CircuitBreakerLayer, Name, Phase, event};

type Heard = Arc<Mutex<Vec<String>>>;

/// Hears the events of one instance. Observers hear the whole process, and other tests run beside.
fn hear(name: &'static str) -> (Heard, event::Subscription) {
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
        if source.name().as_str() == name {
            kept.lock().expect("no observer panics").push(match event {
                Event::Transition { from, to, reason, .. } => format!("{source}: {from:?} to {to:?}, {reason}"),
                Event::Rejected(rejection) => format!("{source}: {}", rejection.reason().as_str()),
                Event::Resized { limit, .. } => format!("{source}: {limit}"),
                other => format!("{source}: {other:?}"),
            });
        }
    });
    (heard, subscription)
}

#[test]
fn an_observer_hears_of_a_circuit_what_tracing_does() {
    let (heard, _subscription) = hear("observed circuit");
    let circuit = CircuitBreakerLayer::builder("observed circuit").consecutive(1).build().unwrap().handle();
    circuit.try_enter().unwrap().failure();
    assert_eq!(circuit.phase(), Phase::Open);
    circuit.try_enter().unwrap_err();
    let prefix = "circuit breaker `observed circuit`";
    assert_eq!(
        *heard.lock().unwrap(),
        [format!("{prefix}: Closed to Open, consecutive"), format!("{prefix}: circuit_open")]
    );
}

#[test]
fn a_subscription_that_is_dropped_hears_no_more_and_others_do() {
    let name = "observed bulkhead";
    let ((first, subscription), (second, _other)) = (hear(name), hear(name));
    let bulkhead = BulkheadLayer::builder(1).name(Name::new(name).unwrap()).build().unwrap().handle();
    bulkhead.resize(2);
    drop(subscription);
    bulkhead.resize(3);
    let told = |limit| format!("bulkhead `{name}`: {limit}");
    assert_eq!(*first.lock().unwrap(), [told(2)]);
    assert_eq!(*second.lock().unwrap(), [told(2), told(3)]);
}

#[test]
fn an_observer_may_subscribe_others_and_go_while_it_hears() {
    let name = "observed twice";
    let inner: Arc<Mutex<Option<(Heard, event::Subscription)>>> = Arc::default();
    let kept = Arc::clone(&inner);
    let _subscription = event::observe(move |source: Source<'_>, _: &Event<'_>| {
        if source.name().as_str() == name {
            kept.lock().unwrap().get_or_insert_with(|| hear(name));
        }
    });
    let bulkhead = BulkheadLayer::builder(1).name(Name::new(name).unwrap()).build().unwrap().handle();
    bulkhead.resize(2);
    bulkhead.resize(3);
    let heard = Arc::clone(&inner.lock().unwrap().as_ref().unwrap().0);
    assert_eq!(heard.lock().unwrap().len(), 1, "it came while the first was told");
}

#[test]
fn a_rejection_of_ones_own_is_custom_in_error_and_event() {
    let (heard, _subscription) = hear("observed limit");
    for kind in [Kind::Custom, Kind::Bulkhead] {
        let rejection = Source::new(kind, Name::new("observed limit").unwrap()).reject(None);
        assert_eq!(rejection.to_string(), "custom `observed limit` rejected the call: its limit is reached");
    }
    assert_eq!(*heard.lock().unwrap(), ["custom `observed limit`: custom"; 2]);
}
