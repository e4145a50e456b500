//! What all handles share: the checks, and whether the service drains.

use std::sync::atomic::{AtomicBool, Ordering}; // no model checks it

use super::CheckKind;
use crate::error::ConfigError;
use crate::event::{Action, Event, Told};
use crate::health::check::HealthCheck;
use crate::name::Name;
use crate::registry::{Listed, Order, Row, Story, Sums};
use crate::setting::Setting;
use crate::state::history::Counted;
use crate::state::verdict::{DRAINS, Level};

#[derive(Debug)]
pub(super) struct Core {
    row: &'static Row,
    told: Told,
    pub(super) checks: Vec<(CheckKind, HealthCheck)>,
    is_draining: AtomicBool,
    has_started: AtomicBool,
}

impl Core {
    pub(super) fn new(row: &'static Row, checks: Vec<(CheckKind, HealthCheck)>) -> Self {
        Self {
            row,
            told: Told::new(),
            checks,
            is_draining: AtomicBool::new(false),
            has_started: AtomicBool::new(false),
        }
    }

    pub(super) const fn name(&self) -> Name {
        self.row.name()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.level() < Level::Unhealthy && !self.is_draining()
    }

    pub(super) fn has_started(&self) -> bool {
        self.level();
        self.has_started.load(Ordering::Relaxed)
    }

    pub(super) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Begins to drain, or ends it. The event comes after the change.
    pub(super) fn set_draining(&self, is_draining: bool) {
        if self.is_draining.swap(is_draining, Ordering::Relaxed) == is_draining {
            return;
        }
        if is_draining {
            self.row.count(DRAINS);
        }
        self.told.tell(self.row.source, &Event::Draining { is_draining });
    }

    /// How well the service is. A check without a result counts as unhealthy.
    pub(super) fn level(&self) -> Level {
        let level = self.weighed(Level::Unhealthy);
        if level < Level::Unhealthy {
            self.has_started.store(true, Ordering::Relaxed);
        }
        level
    }

    /// The same, where a check without a result counts as this.
    pub(super) fn weighed(&self, unknown: Level) -> Level {
        let levels = self.checks.iter().map(|(kind, check)| kind.weigh(check.level().unwrap_or(unknown)));
        levels.max().unwrap_or(Level::Healthy)
    }

    /// Why it is not healthy: it drains, or these checks are not.
    pub(super) fn reasons(&self) -> Vec<String> {
        let draining = self.is_draining().then(|| "draining".to_owned());
        let worse = self.checks.iter().filter(|(kind, check)| kind.weigh(check.verdict().level()) > Level::Healthy);
        draining.into_iter().chain(worse.map(|(_, check)| format!("{} {}", check.name(), check.verdict()))).collect()
    }

    /// The names of the checks of a kind.
    fn names(&self, of: CheckKind) -> String {
        let checks = self.checks.iter().filter(|(kind, _)| *kind == of);
        checks.map(|(_, check)| check.name().as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        CheckKind::ALL.map(|kind| Setting::new(kind.as_str(), self.names(kind))).into()
    }

    fn snapshot(&self) -> Vec<Setting> {
        vec![
            Setting::new("verdict", self.level().as_str()),
            Setting::new("ready", self.is_ready()),
            Setting::new("started", self.has_started()),
            Setting::new("draining", self.is_draining()),
        ]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        self.told.tell(self.row.source, &order.event());
        self.set_draining(*order.action == Action::Drain);
        Ok(1)
    }

    fn gauges(&self, sums: &mut Sums) {
        let gauges = sums.of(self.row);
        gauges.add_count("ready", self.is_ready().into());
        gauges.add_count("draining", self.is_draining().into());
    }
}
