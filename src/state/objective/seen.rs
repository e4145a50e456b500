//! An indicator as it is now, and what that means for its budget.

use std::time::Duration;

use super::STEP;
use super::alert::{ALERTS, Alert};
use super::asked::{Asked, Indicator};
use super::target::Target;
use super::window::BurnWindow;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) indicator: Indicator,
    pub(crate) target: Target,
    /// In steps.
    pub(crate) period: u64,
    /// In the period.
    pub(crate) asked: Asked,
    /// In each of [`BurnWindow::ALL`].
    pub(crate) windows: [Asked; BurnWindow::ALL.len()],
    /// Which of [`ALERTS`] fire.
    pub(crate) firing: [bool; ALERTS.len()],
}

impl Seen {
    /// The alerts that fire.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &'static Alert> {
        ALERTS.iter().zip(self.firing).filter(|(_, is_firing)| *is_firing).map(|(alert, _)| alert)
    }

    pub(crate) fn burn(&self, window: BurnWindow) -> f64 {
        self.target.burn(self.windows[window as usize])
    }

    /// How much is used of what may be bad: by the same formula as a burn rate, since the period so far is its window.
    pub(crate) fn used(&self) -> f64 {
        self.target.burn(self.asked)
    }

    pub(crate) fn left(&self) -> f64 {
        (1.0 - self.used()).max(0.0)
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.target.is_exhausted(self.asked)
    }

    /// When it is exhausted if calls go on as in the last hour.
    pub(crate) fn exhausted_in(&self) -> Option<Duration> {
        if self.is_exhausted() {
            return Some(Duration::ZERO);
        }
        let burn = self.burn(BurnWindow::Hour);
        let seconds = self.left() * self.period().as_secs_f64() / burn;
        (burn > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }

    /// How long nothing but bad calls may come in a period.
    pub(crate) fn allowed_downtime(&self) -> Duration {
        self.target.allowed_of_time(self.period())
    }

    const fn period(&self) -> Duration {
        Duration::from_nanos(self.period * STEP.0)
    }
}
