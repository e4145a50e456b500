//! The events of the layers, as values for assertions.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock}; // no model checks it
use std::thread;

use parking_lot::Mutex; // no model checks it
use tracing::dispatcher::with_default;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, NoSubscriber};
use tracing::{Dispatch, Level, Metadata, Subscriber};

use crate::event::{self, Event, Source, Subscription};

/// Keeps the events of the layers for assertions, for as long as it lives.
///
/// It hears what layers tell of themselves, and keeps it as it would stand in `tracing`: see [the table of events](crate::event#events).
/// It is no subscriber of `tracing` but an [observer](crate::event::observe): those of the test still get all, and it hears what they
/// filter. Spans are not kept.
///
/// # Examples
///
/// ```
/// use palisade::BulkheadLayer;
/// use palisade::test_util::EventLog;
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let log = EventLog::of_thread();
/// let bulkhead = BulkheadLayer::builder(1).build()?.handle();
/// let place = bulkhead.try_enter().expect("there is room");
/// assert!(bulkhead.try_enter().is_err());
///
/// let events = log.of("palisade::bulkhead");
/// assert_eq!(events[0].field("message"), "rejected");
/// assert_eq!(events[0].field("reason"), "full");
/// # drop(place);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropping it ends the log"]
pub struct EventLog {
    events: Events,
    _subscription: Subscription,
}

/// An event as it stands in `tracing`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedEvent {
    /// The target, such as `"palisade::retry"`.
    pub target: &'static str,
    /// The level.
    pub level: Level,
    /// The fields that have a value: texts as they are, everything else as its `Debug`. The message is the field `message`.
    pub fields: BTreeMap<&'static str, String>,
}

type Events = Arc<Mutex<Vec<LoggedEvent>>>;

impl EventLog {
    /// Keeps the events of this thread: with the runtime of `#[tokio::test]`, which has no other, those of this test.
    pub fn of_thread() -> Self {
        let own = thread::current().id();
        Self::of_those(move || thread::current().id() == own)
    }

    /// Keeps the events of all threads. Tests that run beside add theirs, so give instances a name that no other test has, and ask for [that](Self::named).
    pub fn of_process() -> Self {
        Self::of_those(|| true)
    }

    fn of_those(is_meant: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        // An event is asked for by those who listen when it is first told. While there is only one in the process, `tracing` asks the
        // one of the thread alone: where that is none, the event would be off for ever, on all threads. So there are always two.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(NoSubscriber::new()));
        let events = Events::default();
        let recorder = Dispatch::new(Recorder(Arc::clone(&events)));
        let subscription = event::observe(move |source: Source<'_>, event: &Event<'_>| {
            if is_meant() {
                with_default(&recorder, || event::write(source, event));
            }
        });
        Self { events, _subscription: subscription }
    }

    /// Returns all events so far, in their order.
    pub fn all(&self) -> Vec<LoggedEvent> {
        self.those(|_| true)
    }

    /// Returns the events so far that have this target.
    pub fn of(&self, target: &str) -> Vec<LoggedEvent> {
        self.those(|event| event.target == target)
    }

    /// Returns the events so far of the instances that have this name.
    pub fn named(&self, name: &str) -> Vec<LoggedEvent> {
        self.those(|event| event.field("name") == name)
    }

    fn those(&self, is_asked: impl Fn(&LoggedEvent) -> bool) -> Vec<LoggedEvent> {
        self.events.lock().iter().filter(|event| is_asked(event)).cloned().collect()
    }
}

impl LoggedEvent {
    /// Returns the value of a field; empty if it has none.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Listens only where an event is written for it, and only to those of this crate.
struct Recorder(Events);

impl Subscriber for Recorder {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("palisade::")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        self.0.lock().push(LoggedEvent { target: metadata.target(), level: *metadata.level(), fields: fields.0 });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
