//! What is told is kept, of whom it was asked.

#![expect(clippy::unwrap_used, reason = "an unwrap in vain fails the test, as it should")]

use std::sync::{Arc, Mutex};
use std::{fmt, thread};

use palisade::test_util::EventLog;
use palisade::{BulkheadHandle, BulkheadLayer, Name};
use tracing::field::Field;
use tracing::subscriber::{NoSubscriber, with_default};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

fn bulkhead(name: &'static str) -> BulkheadHandle {
    BulkheadLayer::builder(1).name(Name::new(name).unwrap()).build().unwrap().handle()
}

/// Resizes a bulkhead on a thread of its own.
fn resize_beside(bulkhead: &BulkheadHandle) {
    thread::scope(|scope| {
        scope.spawn(|| bulkhead.resize(2));
    });
}

#[test]
fn an_event_has_its_target_its_level_and_its_fields() {
    let log = EventLog::of_thread();
    bulkhead("told").resize(2);
    let [event] = &log.all()[..] else { panic!("{:?}", log.all()) };
    assert_eq!((event.target, event.level), ("palisade::bulkhead", Level::INFO));
    let fields: Vec<_> = event.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(fields, [("limit", "2"), ("message", "resized"), ("name", "told"), ("reason", "by_hand")]);
    assert_eq!(event.field("key"), "");
}

#[test]
fn a_log_of_a_thread_has_no_events_of_others() {
    let log = EventLog::of_thread();
    resize_beside(&bulkhead("on another thread"));
    assert_eq!(log.all(), []);
}

#[test]
fn a_log_of_the_process_has_events_of_other_threads() {
    let log = EventLog::of_process();
    let (known, other) = (bulkhead("known by its name"), bulkhead("known by another"));
    resize_beside(&known);
    resize_beside(&other);
    assert_eq!(log.named("known by its name").len(), 1);
}

#[test]
fn two_logs_keep_the_same() {
    let (one, other) = (EventLog::of_thread(), EventLog::of_thread());
    bulkhead("told twice").resize(2);
    drop(one);
    bulkhead("told once").resize(2);
    assert_eq!(other.of("palisade::bulkhead").len(), 2);
}

#[test]
fn a_log_keeps_what_the_subscriber_of_the_test_does_not_hear() {
    let log = EventLog::of_thread();
    with_default(NoSubscriber::new(), || bulkhead("not heard").resize(2));
    assert_eq!(log.named("not heard").len(), 1);
}

/// The messages of palisade that a subscriber hears.
#[derive(Clone, Default)]
struct Messages(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
            if field.name() == "message" && event.metadata().target().starts_with("palisade::") {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        });
    }
}

#[test]
fn a_subscriber_of_the_test_hears_what_a_log_keeps() {
    let (log, messages) = (EventLog::of_thread(), Messages::default());
    with_default(tracing_subscriber::registry().with(messages.clone()), || {
        let bulkhead = bulkhead("heard by two");
        bulkhead.resize(0);
        bulkhead.try_enter().unwrap_err();
    });
    assert_eq!(*messages.0.lock().unwrap(), ["resized", "rejected"]);
    let kept: Vec<_> = log.all().iter().map(|event| event.field("message").to_owned()).collect();
    assert_eq!(kept, *messages.0.lock().unwrap());
}

#[test]
fn debug_events_are_kept_too() {
    let log = EventLog::of_thread();
    let bulkhead = bulkhead("full");
    let _place = bulkhead.try_enter().unwrap();
    bulkhead.try_enter().unwrap_err();
    assert_eq!(log.named("full")[0].level, Level::DEBUG);
}
