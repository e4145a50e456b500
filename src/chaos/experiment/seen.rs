//! What is seen of an experiment: whether it runs, and what came of the last run.

use std::mem;
use std::sync::Arc; // no model checks it
use std::time::Duration;

use parking_lot::Mutex;

use super::report::Report;
use crate::event::{Event, Told};
use crate::name::Name;
use crate::registry::{Listed, Registry, Rfc3339, Row, Story};
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::history::Counted;

/// What an experiment shows, for as long as it is there.
pub(super) struct Seen {
    row: &'static Row,
    told: Told,
    runs: Mutex<Runs>,
}

#[derive(Default)]
struct Runs {
    is_running: bool,
    last: Option<Report>,
}

impl Seen {
    /// Of an experiment that a registry lists from now on.
    pub(super) fn in_registry(registry: &Registry, name: Name) -> Arc<Self> {
        let listing = registry.listing(Kind::Experiment, name);
        let seen = Arc::new(Self { row: listing.row(), told: Told::new(), runs: Mutex::default() });
        listing.list(Arc::downgrade(&seen));
        seen
    }

    pub(super) fn name(&self) -> Name {
        self.row.name()
    }

    /// Takes the only place for a run. Returns whether it was free.
    pub(super) fn enter(&self) -> bool {
        !mem::replace(&mut self.runs.lock().is_running, true)
    }

    /// Tells that the run that has entered begins, to break something for this time.
    pub(super) fn begin(&self, time: Duration) {
        self.told.tell(self.row.source, &Event::ExperimentBegan { time });
    }

    /// Keeps the report of the run that has entered, and lets the next one enter.
    pub(super) fn end(&self, report: Report) {
        let outcome = report.outcome.clone();
        *self.runs.lock() = Runs { is_running: false, last: Some(report) };
        self.row.count(outcome.found().word());
        let ended = Event::ExperimentEnded { outcome: outcome.as_str(), why: outcome.why() };
        self.told.tell(self.row.source, &ended);
    }

    pub(super) fn last(&self) -> Option<Report> {
        self.runs.lock().last.clone()
    }
}

impl Listed for Seen {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }

    /// By the names that its report has.
    fn snapshot(&self) -> Vec<Setting> {
        let Runs { is_running, last } = &*self.runs.lock();
        let last = last.as_ref();
        vec![
            Setting::new("is_running", *is_running),
            Setting::new("outcome", last.map(|report| report.outcome.as_str())),
            Setting::new("why", last.and_then(|report| report.outcome.why()).map(str::to_owned)),
            Setting::new("began", last.map(|report| Rfc3339(report.began).to_string())),
            Setting::new("took", last.map(|report| report.took)),
        ]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }
}
