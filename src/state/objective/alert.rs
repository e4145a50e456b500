//! When somebody is told that a budget burns: *The Site Reliability Workbook*, chapter 5, table 5-8 and the rules after it.
//!
//! An alert fires while its burn rate is at the threshold in the long window and in the short one. The threshold is the burn that uses
//! up a share of the period's budget in the long window: `share x period / long`.

use super::asked::Asked;
use super::target::{BILLION, Target};
use super::window::BurnWindow;

/// How soon somebody must act on an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Now, at any hour.
    Page,
    /// Today.
    Notify,
    /// In the next days.
    Ticket,
}

impl Severity {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Page, Self::Notify, Self::Ticket];

    /// Its word, as events and metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Notify => "notify",
            Self::Ticket => "ticket",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Alert {
    pub(crate) severity: Severity,
    /// How much of the budget is used up in the long window at the threshold, in hundredths.
    share: u64,
    pub(crate) long: BurnWindow,
    pub(crate) short: BurnWindow,
}

/// With a period of 30 days the thresholds are 14.4, 6, 3 and 1.
pub(crate) const ALERTS: [Alert; 4] = [
    Alert { severity: Severity::Page, share: 2, long: BurnWindow::Hour, short: BurnWindow::FiveMinutes },
    Alert { severity: Severity::Page, share: 5, long: BurnWindow::SixHours, short: BurnWindow::HalfHour },
    Alert { severity: Severity::Notify, share: 10, long: BurnWindow::Day, short: BurnWindow::TwoHours },
    Alert { severity: Severity::Ticket, share: 10, long: BurnWindow::ThreeDays, short: BurnWindow::SixHours },
];

impl Alert {
    /// The burn rate from which it fires, over a period of so many steps.
    #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
    pub(crate) fn threshold(&self, period: u64) -> f64 {
        (self.share * period) as f64 / (100 * self.long.steps()) as f64
    }

    /// Whether the calls of a window burn at the threshold or faster.
    pub(crate) fn is_reached(&self, period: u64, target: Target, asked: Asked) -> bool {
        let burns = product([asked.bad, 100, self.long.steps(), BILLION]);
        asked.bad > 0 && burns >= product([asked.calls, self.share, period, target.allowance()])
    }

    /// The least target with which it can fire, because then it does if all calls are bad.
    pub(crate) fn least_target(&self, period: u64) -> Target {
        Target::allowing((100 * self.long.steps() * BILLION / (self.share * period)).min(BILLION - 1))
    }
}

/// It fits: one factor has 64 bits, and all others together less.
fn product(factors: [u64; 4]) -> u128 {
    factors.into_iter().map(u128::from).product()
}
