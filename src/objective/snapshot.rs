//! An indicator, as who looks sees it.

use std::time::Duration;

use crate::state::objective::{ALERTS, Alert, BurnWindow, Indicator, Seen, Severity};

/// An indicator of an objective, as it was when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct IndicatorSnapshot {
    /// Which it is.
    pub indicator: Indicator,
    /// The share of calls that shall be good.
    pub target: f64,
    /// How many calls of the period are asked.
    pub asked: u64,
    /// How many of them are bad.
    pub bad: u64,
    /// The share of them that is good; `None` where none are asked.
    pub success_rate: Option<f64>,
    /// How many of them may be bad: `(1 - target) x asked`.
    pub allowed: f64,
    /// How much is used of what may be bad: `bad / allowed`, which may pass 1. Zero where no calls are asked.
    pub used: f64,
    /// How much of it is left, from 0 to 1: `1 - used`, and not less than zero.
    pub left: f64,
    /// Whether nothing is left.
    pub is_exhausted: bool,
    /// When it is exhausted if calls go on as in the last hour: `left x period / burn`. `None` if none of these were bad; zero where
    /// it is exhausted.
    pub exhausted_in: Option<Duration>,
    /// How long nothing but bad calls may come in a period, where they come evenly: `(1 - target) x period`.
    pub allowed_downtime: Duration,
    /// The alerts.
    pub alerts: [AlertSnapshot; 4],
    burns: [f64; BurnWindow::ALL.len()],
}

impl IndicatorSnapshot {
    pub(super) fn of(seen: &Seen) -> Self {
        let Seen { indicator, target, period, asked, firing, .. } = *seen;
        Self {
            indicator,
            target: target.share(),
            asked: asked.calls,
            bad: asked.bad,
            success_rate: asked.success_rate(),
            allowed: target.allowed_of(asked),
            used: seen.used(),
            left: seen.left(),
            is_exhausted: seen.is_exhausted(),
            exhausted_in: seen.exhausted_in(),
            allowed_downtime: seen.allowed_downtime(),
            alerts: [0, 1, 2, 3].map(|number| AlertSnapshot::of(&ALERTS[number], period, firing[number])),
            burns: BurnWindow::ALL.map(|window| seen.burn(window)),
        }
    }

    /// How fast the calls of a window use up what may be bad. At 1, it lasts just as long as the period. Zero where no calls are asked.
    pub const fn burn(&self, window: BurnWindow) -> f64 {
        self.burns[window as usize]
    }
}

/// An alert of an indicator, as it was when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct AlertSnapshot {
    /// How soon somebody must act.
    pub severity: Severity,
    /// The burn rate from which it fires.
    pub threshold: f64,
    /// The long window.
    pub long: BurnWindow,
    /// The short window.
    pub short: BurnWindow,
    /// Whether it fires: both windows burn at the threshold or faster, and in the long one enough calls are bad.
    pub is_firing: bool,
}

impl AlertSnapshot {
    fn of(alert: &Alert, period: u64, is_firing: bool) -> Self {
        let &Alert { severity, long, short, .. } = alert;
        Self { severity, threshold: alert.threshold(period), long, short, is_firing }
    }
}
