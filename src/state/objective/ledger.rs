//! What calls have spent in each window, and which alerts fire.

use super::alert::{ALERTS, Alert, Severity};
use super::asked::{Asked, Indicator, Totals};
use super::calls::Calls;
use super::edges::Edges;
use super::seen::Seen;
use super::target::Target;
use super::window::BurnWindow;
use super::{STEP, STEPS_PER_BUCKET};
use crate::time::Nanos;

/// For how many steps pages are looked after when no calls come: until their short windows are empty.
const QUIET: u64 = BurnWindow::HalfHour.steps() + 1;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// By indicator.
    pub(crate) targets: [Option<Target>; Indicator::ALL.len()],
    /// In steps, a number of whole buckets.
    pub(crate) period: u64,
    pub(crate) min_bad: u64,
}

impl Rules {
    /// The indicators that have a target.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Indicator, Target)> {
        let targets = self.targets;
        Indicator::ALL.into_iter().filter_map(move |indicator| Some((indicator, targets[indicator as usize]?)))
    }
}

/// An alert that fires from now on, or does not any more.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) indicator: Indicator,
    pub(crate) alert: &'static Alert,
    pub(crate) is_firing: bool,
    /// In its long window.
    pub(crate) burn: f64,
    pub(crate) at: Nanos,
    /// How many changes there were before.
    pub(crate) number: u64,
    /// Whether the objective fails from then on, if that changed: it does while a page fires.
    pub(crate) fails: Option<bool>,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    rules: Rules,
    /// Counted from a period before the build, so that calls may be from before it.
    pub(super) step: u64,
    /// Those of now.
    pub(super) totals: Totals,
    /// The last hour, in steps.
    pub(super) hour: Edges,
    pub(super) period: Edges,
    /// Which alerts were told to fire.
    told: [[bool; ALERTS.len()]; Indicator::ALL.len()],
    changes: u64,
}

impl Ledger {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            step: rules.period,
            totals: Totals::default(),
            hour: Edges::new(BurnWindow::Hour.steps(), 1, rules.period),
            period: Edges::new(rules.period / STEPS_PER_BUCKET, STEPS_PER_BUCKET, rules.period),
            told: Default::default(),
            changes: 0,
        }
    }

    /// Goes on to now, and returns how alerts changed since the last time.
    ///
    /// No call has come in a step in which nobody looked: the first one of a step looks.
    pub(crate) fn look(&mut self, calls: &Calls, now: Nanos) -> Vec<Change> {
        self.totals = calls.totals();
        let step = (self.rules.period + now.0 / STEP.0).max(self.step);
        let mut changes = Vec::new();
        for quiet in self.step + 1..step.min(self.step + QUIET) {
            self.turn(quiet);
            self.judge(self.time_of(quiet), &mut changes);
        }
        self.turn(step);
        self.judge(now.max(self.time_of(step)), &mut changes);
        calls.set_burn(self.burn());
        changes
    }

    /// When a step began that is no earlier than the build.
    pub(super) const fn time_of(&self, step: u64) -> Nanos {
        Nanos((step - self.rules.period) * STEP.0)
    }

    fn turn(&mut self, step: u64) {
        self.hour.turn(step, self.totals);
        self.period.turn(step, self.totals);
        self.step = step;
    }

    fn window(&self, indicator: Indicator, steps: u64) -> Asked {
        let edges = if steps <= BurnWindow::Hour.steps() { &self.hour } else { &self.period };
        self.totals.since(edges.before(steps)).asked(indicator)
    }

    fn is_firing(&self, (indicator, target): (Indicator, Target), alert: &Alert) -> bool {
        let [long, short] = [alert.long, alert.short].map(|window| self.window(indicator, window.steps()));
        let is_reached = |asked| alert.is_reached(self.rules.period, target, asked);
        long.bad >= self.rules.min_bad && is_reached(long) && is_reached(short)
    }

    /// The burn that gates heed: that of the worse indicator, in the last hour and still in the last five minutes.
    fn burn(&self) -> f64 {
        let burn = |(indicator, target): (Indicator, Target)| {
            let windows = [BurnWindow::Hour, BurnWindow::FiveMinutes];
            let [hour, minutes] = windows.map(|window| self.window(indicator, window.steps()));
            if hour.bad < self.rules.min_bad { 0.0 } else { target.burn(hour).min(target.burn(minutes)) }
        };
        self.rules.each().map(burn).fold(0.0, f64::max)
    }

    fn judge(&mut self, at: Nanos, changes: &mut Vec<Change>) {
        let rules = self.rules;
        for of in rules.each() {
            for (number, alert) in ALERTS.iter().enumerate() {
                let is_firing = self.is_firing(of, alert);
                if self.told[of.0 as usize][number] != is_firing {
                    changes.push(self.change(of, number, is_firing, at));
                }
            }
        }
    }

    /// Notes that an alert fires, or does not any more.
    fn change(
        &mut self,
        (indicator, target): (Indicator, Target),
        number: usize,
        is_firing: bool,
        at: Nanos,
    ) -> Change {
        let failed = self.is_failing();
        self.told[indicator as usize][number] = is_firing;
        self.changes += 1;
        let (alert, fails) = (&ALERTS[number], self.is_failing());
        let burn = target.burn(self.window(indicator, alert.long.steps()));
        Change {
            indicator,
            alert,
            is_firing,
            burn,
            at,
            number: self.changes,
            fails: (fails != failed).then_some(fails),
        }
    }

    /// Whether a page was told to fire.
    fn is_failing(&self) -> bool {
        let is_page = |(alert, is_told): (&Alert, &bool)| *is_told && alert.severity == Severity::Page;
        self.told.iter().any(|told| ALERTS.iter().zip(told).any(is_page))
    }

    /// The calls that an indicator asks of about the last `window`, or since the build. `None` where it is longer than the period.
    pub(crate) fn asked_over(&self, indicator: Indicator, window: Option<Nanos>) -> Option<Asked> {
        let Some(window) = window else { return Some(self.totals.asked(indicator)) };
        let steps = window.0.div_ceil(STEP.0).max(1);
        (steps <= self.rules.period).then(|| self.window(indicator, steps))
    }

    /// Its indicators, as they were when it was last looked at.
    pub(crate) fn seen(&self) -> impl Iterator<Item = Seen> {
        self.rules.each().map(|(indicator, target)| Seen {
            indicator,
            target,
            period: self.rules.period,
            asked: self.window(indicator, self.rules.period),
            windows: BurnWindow::ALL.map(|window| self.window(indicator, window.steps())),
            firing: ALERTS.each_ref().map(|alert| self.is_firing((indicator, target), alert)),
        })
    }
}
