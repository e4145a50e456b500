//! Writes down what a stack does.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::Registry;

use crate::support::now;

/// What happens, a line each, with the time since the start.
#[derive(Clone)]
pub(crate) struct Journal {
    start: Instant,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    /// Writes down the events of this thread for as long as the guard lives.
    pub(crate) fn record() -> (Self, DefaultGuard) {
        let journal = Self { start: now(), lines: Arc::default() };
        let guard = tracing::subscriber::set_default(Registry::default().with(journal.clone()));
        (journal, guard)
    }

    pub(crate) fn tell(&self, what: fmt::Arguments<'_>) {
        let line = format!("{:>7?} {what}", now() - self.start);
        self.lines.lock().expect("nobody panics while it tells").push(line);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("nobody panics while it tells").clone()
    }
}

impl<S: Subscriber> Layer<S> for Journal {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("palisade") {
            let mut told = Told::default();
            event.record(&mut told);
            self.tell(format_args!("{}:{}", told.message, told.fields));
        }
    }
}

#[derive(Default)]
struct Told {
    message: String,
    fields: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("a string takes all that is written");
    }
}
