//! How a registry shows a degradation, and steers it.

use super::rung::Rung;
use super::shared::Core;
use super::snapshot::{DegradationSnapshot, SignalSnapshot};
use crate::error::ConfigError;
use crate::event::Action;
use crate::registry::{Listed, Order, Row, Story, Sums};
use crate::setting::Setting;
use crate::state::history::Counted;

impl Listed for Core {
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        let features = self.features.iter().map(|(name, off_from)| format!("{name} from {}", self.mode(*off_from)));
        vec![Setting::new("modes", list(self.rungs.iter().map(shown))), Setting::new("features", list(features))]
    }

    fn snapshot(&self) -> Vec<Setting> {
        let DegradationSnapshot { mode, mode_age, is_by_hand, signals } = self.view();
        let shown = |read: SignalSnapshot| format!("{} {:.2}", read.signal, read.value);
        vec![
            Setting::new("mode", mode),
            Setting::new("mode_age", mode_age),
            Setting::new("by_hand", is_by_hand),
            Setting::new("signals", list(signals.into_iter().map(shown))),
        ]
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.row).take_greatest("mode", self.in_force());
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn check(&self, order: &Order<'_>) -> Result<(), ConfigError> {
        match order.action {
            Action::Set(mode) if order.is_for(self.row.source) => self.number(mode).map(drop),
            _ => Ok(()),
        }
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        let by_hand = match order.action {
            Action::Set(mode) => Some(self.number(mode)?),
            _ => None,
        };
        self.told.tell(self.row.source, &order.event());
        by_hand.map_or_else(|| self.auto(), |mode| self.set(mode));
        Ok(1)
    }
}

/// A mode, and where it is entered and left if signals do that.
fn shown(rung: &Rung) -> String {
    if rung.signals.is_empty() {
        return rung.name.to_string();
    }
    format!("{} at {} to {}", rung.name, rung.lines.enter_at, rung.lines.leave_at)
}

fn list(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(", ")
}
