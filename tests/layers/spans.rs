//! Records the spans of this thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::Dispatch;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, NoSubscriber, set_default};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::Registry;

/// The fields of a span: strings as they are, everything else as its `Debug`.
pub(crate) type Fields = BTreeMap<String, String>;

/// Records spans for as long as it lives, in the order in which they begin.
pub(crate) struct Spans {
    recorded: Recorded,
    _guard: DefaultGuard,
}

/// The id of a span, its target, and its fields so far.
type Recorded = Arc<Mutex<Vec<(u64, &'static str, Fields)>>>;

impl Spans {
    pub(crate) fn record() -> Self {
        // With a single subscriber, a callsite that another thread comes to first is switched off for good.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(NoSubscriber::new()));
        let recorded = Recorded::default();
        let guard = set_default(Registry::default().with(Recorder(Arc::clone(&recorded))));
        Self { recorded, _guard: guard }
    }

    /// The spans so far with this target, as they are now.
    pub(crate) fn of(&self, target: &str) -> Vec<Fields> {
        let recorded = self.recorded.lock().expect("no test panics while it records");
        recorded.iter().filter(|(_, of, _)| *of == target).map(|(.., fields)| fields.clone()).collect()
    }
}

struct Recorder(Recorded);

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let mut fields = Seen::default();
        attributes.record(&mut fields);
        let span = (id.into_u64(), attributes.metadata().target(), fields.0);
        self.0.lock().expect("no test panics while it records").push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut fields = Seen::default();
        values.record(&mut fields);
        // The last of this id, because a registry uses ids again.
        let mut recorded = self.0.lock().expect("no test panics while it records");
        let span = recorded.iter_mut().rfind(|(of, ..)| *of == id.into_u64());
        span.expect("it was new before").2.extend(fields.0);
    }
}

#[derive(Default)]
struct Seen(Fields);

impl Visit for Seen {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}
