//! Records the events of this thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
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
        let recorded = Arc::default();
        let layer = Recorder(Arc::clone(&recorded));
        Self { recorded, _guard: heard_by(layer) }
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

/// Lets a layer hear what this thread tells.
fn heard_by(layer: impl Layer<Registry> + Send + Sync) -> DefaultGuard {
    // With a single subscriber, a callsite that another thread comes to first is switched off for good.
    static SECOND: OnceLock<Dispatch> = OnceLock::new();
    SECOND.get_or_init(|| Dispatch::new(Registry::default()));
    tracing::subscriber::set_default(Registry::default().with(layer))
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

/// Records palisade's spans on this thread for as long as it lives, in the order in which they begin.
pub struct Spans {
    recorded: Arc<Mutex<Vec<(u64, Recorded)>>>,
    _guard: DefaultGuard,
}

impl Spans {
    pub fn record() -> Self {
        let recorded = Arc::default();
        let layer = SpanRecorder(Arc::clone(&recorded));
        Self { recorded, _guard: heard_by(layer) }
    }

    /// The spans so far with this target, as they are now.
    pub fn of(&self, target: &str) -> Vec<Recorded> {
        let recorded = self.recorded.lock().expect("no test panics while it records");
        recorded.iter().map(|(_, span)| span.clone()).filter(|span| span.target == target).collect()
    }
}

struct SpanRecorder(Arc<Mutex<Vec<(u64, Recorded)>>>);

impl<S: Subscriber> Layer<S> for SpanRecorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let span = Recorded { target: metadata.target().into(), level: *metadata.level(), fields: fields.0 };
        self.0.lock().expect("no test panics while it records").push((id.into_u64(), span));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        // The last of this id, because a registry uses ids again.
        let mut recorded = self.0.lock().expect("no test panics while it records");
        let span = recorded.iter_mut().rfind(|(of, _)| *of == id.into_u64());
        span.expect("it was new before").1.fields.extend(fields.0);
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
