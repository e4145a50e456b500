//! When one mode is on.

use crate::time::Nanos;

/// From where a mode is entered and left, and for how long signals must be there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lines {
    pub(crate) enter_at: f64,
    pub(crate) leave_at: f64,
    pub(crate) enter_after: Nanos,
    pub(crate) leave_after: Nanos,
}

/// One mode: entered when one of its signals has been high for long enough, and left when all have been low for long enough.
#[derive(Debug)]
pub(crate) struct Hysteresis {
    lines: Lines,
    signals: Vec<Signal>,
    /// Since which reading all of them are low.
    low_since: Option<Nanos>,
    is_on: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Signal {
    /// What it was at the last reading.
    value: f64,
    /// Since which reading it is high.
    high_since: Option<Nanos>,
}

impl Hysteresis {
    /// A mode that is off.
    pub(crate) fn new(lines: Lines, signals: usize) -> Self {
        Self { lines, signals: vec![Signal::default(); signals], low_since: None, is_on: false }
    }

    pub(crate) fn has_signals(&self) -> bool {
        !self.signals.is_empty()
    }

    pub(super) const fn is_on(&self) -> bool {
        self.is_on
    }

    /// What its signals were at the last reading.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.signals.iter().map(|signal| signal.value)
    }

    /// Takes what its signals are now.
    pub(super) fn read(&mut self, values: impl Iterator<Item = f64>, now: Nanos) {
        let Lines { enter_at, leave_at, enter_after, leave_after } = self.lines;
        for (signal, value) in self.signals.iter_mut().zip(values) {
            signal.value = value;
            signal.high_since = (value >= enter_at).then(|| signal.high_since.unwrap_or(now));
        }
        let is_low = self.has_signals() && self.values().all(|value| value <= leave_at);
        self.low_since = is_low.then(|| self.low_since.unwrap_or(now));
        let lasts = |since: Nanos, time: Nanos| now.saturating_sub(since) >= time;
        self.is_on = if self.is_on {
            !self.low_since.is_some_and(|since| lasts(since, leave_after))
        } else {
            self.first_high().is_some_and(|(_, since)| lasts(since, enter_after))
        };
    }

    /// The signal that decided: to enter the one that has been high for longest, and to leave the highest. Of equals the first.
    pub(super) fn deciding(&self) -> (usize, f64) {
        let values = || self.values().enumerate();
        let highest = || values().reduce(|highest, other| if other.1 > highest.1 { other } else { highest });
        let longest = || self.first_high().and_then(|(longest, _)| values().nth(longest));
        if self.is_on { longest() } else { highest() }.unwrap_or_default()
    }

    fn first_high(&self) -> Option<(usize, Nanos)> {
        let high = self.signals.iter().enumerate().filter_map(|(signal, read)| Some((signal, read.high_since?)));
        high.min_by_key(|(_, since)| *since)
    }
}
