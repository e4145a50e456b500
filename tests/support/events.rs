//! Records the events of this thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::Registry;

/// An event as it was recorded: strings as they are, everything else as its `Debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub target: String,
    pub level: Level,
    /// The message is under `message`.
    pub fields: BTreeMap<String, String>,
}

impl Recorded {
    /// The value of a field, or the empty string.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Records palisade's events on this thread for as long as it lives.
pub struct Events {
    recorded: Arc<Mutex<Vec<Recorded>>>,
    _guard: DefaultGuard,
}

impl Events {
    pub fn record() -> Self {
        // With a single subscriber, a callsite that another thread comes to first is switched off for good.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Registry::default()));
        let recorded = Arc::default();
        let layer = Recorder(Arc::clone(&recorded));
        Self { recorded, _guard: tracing::subscriber::set_default(Registry::default().with(layer)) }
    }

    /// All events so far.
    pub fn all(&self) -> Vec<Recorded> {
        self.recorded.lock().expect("no test panics while it records").clone()
    }

    /// The events so far with this target.
    pub fn of(&self, target: &str) -> Vec<Recorded> {
        self.all().into_iter().filter(|event| event.target == target).collect()
    }
}

struct Recorder(Arc<Mutex<Vec<Recorded>>>);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if metadata.target().starts_with("palisade") {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let recorded = Recorded { target: metadata.target().into(), level: *metadata.level(), fields: fields.0 };
            self.0.lock().expect("no test panics while it records").push(recorded);
        }
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}
