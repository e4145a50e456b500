//! Where the values of the metrics of objectives stand.

use super::cells::{At, Cells};
use crate::state::objective::{BurnWindow, Call, Indicator, Severity};

/// How often, and how much: the bad calls of a window, and those that may be bad.
type Spending = (&'static str, &'static str);

/// The names of the gauges of an objective's indicator.
#[derive(Debug)]
pub(crate) struct ObjectiveGauges {
    pub(crate) target: &'static str,
    /// How many objectives have it.
    pub(crate) count: &'static str,
    pub(crate) budget: Spending,
    /// By [`BurnWindow`].
    pub(crate) windows: [Spending; BurnWindow::ALL.len()],
    /// How many alerts fire, by [`Severity`].
    pub(crate) firing: [&'static str; Severity::ALL.len()],
}

/// The length of the period, and how many objectives have one.
pub(crate) const OF_PERIOD: (&str, &str) = ("period", "objectives");

macro_rules! names {
    ($indicator:literal, [$($window:literal),+], [$($severity:literal),+]) => {
        ObjectiveGauges {
            target: concat!($indicator, " target"),
            count: $indicator,
            budget: (concat!($indicator, " bad"), concat!($indicator, " allowed")),
            windows: [$((concat!($indicator, " bad ", $window), concat!($indicator, " allowed ", $window))),+],
            firing: [$(concat!($indicator, " ", $severity)),+],
        }
    };
}

impl ObjectiveGauges {
    pub(crate) const fn of(indicator: Indicator) -> &'static Self {
        const AVAILABILITY: ObjectiveGauges =
            names!("availability", ["5m", "30m", "1h", "2h", "6h", "1d", "3d"], ["page", "notify", "ticket"]);
        const LATENCY: ObjectiveGauges =
            names!("latency", ["5m", "30m", "1h", "2h", "6h", "1d", "3d"], ["page", "notify", "ticket"]);
        match indicator {
            Indicator::Availability => &AVAILABILITY,
            Indicator::Latency => &LATENCY,
        }
    }
}

/// The words of calls that an indicator asks begin here, and go on to the last.
const fn first_asked(indicator: Indicator) -> Call {
    match indicator {
        Indicator::Availability => Call::Bad,
        Indicator::Latency => Call::Slow,
    }
}

/// A cell for each indicator, of the calls that it asks.
pub(super) fn asked() -> Cells {
    let all = |first: Call| At::Words { first: first as usize, step: 1, count: Call::ALL.len() - first as usize };
    Indicator::ALL.map(|indicator| (all(first_asked(indicator)), vec![indicator.as_str()])).into()
}

/// A cell for each indicator, of the calls that are bad: the first of those that it asks.
pub(super) fn bad() -> Cells {
    let word = |indicator| At::Word(first_asked(indicator) as usize);
    Indicator::ALL.map(|indicator| (word(indicator), vec![indicator.as_str()])).into()
}

/// A cell for each indicator, of one gauge by another.
pub(super) fn of_indicators(names: fn(&ObjectiveGauges) -> (&'static str, &'static str)) -> Cells {
    let share = |indicator| names(ObjectiveGauges::of(indicator));
    Indicator::ALL.map(|indicator| (At::Share(share(indicator).0, share(indicator).1), vec![indicator.as_str()])).into()
}

/// A cell for each indicator and window.
pub(super) fn burns() -> Cells {
    let cell = |indicator: Indicator, window: BurnWindow| {
        let (bad, allowed) = ObjectiveGauges::of(indicator).windows[window as usize];
        (At::Share(bad, allowed), vec![indicator.as_str(), window.as_str()])
    };
    Indicator::ALL.iter().flat_map(|&indicator| BurnWindow::ALL.map(|window| cell(indicator, window))).collect()
}

/// A cell for each indicator and severity.
pub(super) fn firing() -> Cells {
    let cell = |indicator: Indicator, severity: Severity| {
        (
            At::Known(ObjectiveGauges::of(indicator).firing[severity as usize]),
            vec![indicator.as_str(), severity.as_str()],
        )
    };
    Indicator::ALL.iter().flat_map(|&indicator| Severity::ALL.map(|severity| cell(indicator, severity))).collect()
}
