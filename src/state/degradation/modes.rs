//! The modes together: which is in force, by signals or by hand.

use super::hysteresis::Hysteresis;
use crate::time::Nanos;

/// No mode is on. The modes are counted from 1, in their order.
pub(super) const NORMAL: usize = 0;

#[derive(Debug)]
pub(super) struct Modes {
    /// The modes, from the mildest to the worst.
    all: Vec<Hysteresis>,
    /// The highest that is on.
    asked_for: usize,
    by_hand: Option<usize>,
    /// Since when that in force is.
    since: Nanos,
}

/// Another mode is in force.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub(crate) struct Change {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Why {
    Signal(Decided),
    ByHand,
}

impl Why {
    /// What is counted of changes.
    pub(crate) const WORDS: [&'static str; 2] = ["signal", "by_hand"];

    /// Where a tally counts it.
    pub(crate) const fn word(self) -> usize {
        match self {
            Self::Signal(_) => 0,
            Self::ByHand => 1,
        }
    }
}

/// The signal that decided, and what it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Decided {
    pub(crate) mode: usize,
    /// Its number among those of the mode, from 0.
    pub(crate) signal: usize,
    pub(crate) value: f64,
}

/// What there is to see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    pub(crate) in_force: usize,
    pub(crate) is_by_hand: bool,
    pub(crate) since: Nanos,
    /// What all signals were at the last reading.
    pub(crate) values: Vec<f64>,
}

impl Modes {
    pub(super) fn new(modes: Vec<Hysteresis>) -> Self {
        Self { all: modes, asked_for: NORMAL, by_hand: None, since: Nanos(0) }
    }

    fn in_force(&self) -> usize {
        self.by_hand.unwrap_or(self.asked_for)
    }

    pub(super) fn read(&mut self, values: &[f64], now: Nanos) -> Option<Change> {
        let (from, mut values) = (self.in_force(), values.iter().copied());
        for mode in &mut self.all {
            mode.read(&mut values, now);
        }
        let before = self.asked_for;
        self.asked_for = self.all.iter().rposition(Hysteresis::is_on).map_or(NORMAL, |highest| highest + 1);
        // The highest of the two has just been entered, or left.
        let mode = self.asked_for.max(before);
        self.changed(from, now, |modes| {
            let (signal, value) = modes[mode - 1].deciding();
            Why::Signal(Decided { mode, signal, value })
        })
    }

    pub(super) fn set(&mut self, mode: usize, now: Nanos) -> Option<Change> {
        let from = self.in_force();
        self.by_hand = Some(mode);
        self.changed(from, now, |_| Why::ByHand)
    }

    pub(super) fn auto(&mut self, now: Nanos) -> Option<Change> {
        let from = self.in_force();
        self.by_hand = None;
        self.changed(from, now, |_| Why::ByHand)
    }

    fn changed(&mut self, from: usize, now: Nanos, why: impl FnOnce(&[Hysteresis]) -> Why) -> Option<Change> {
        let to = self.in_force();
        if from == to {
            return None;
        }
        self.since = now;
        Some(Change { from, to, why: why(&self.all) })
    }

    pub(super) fn view(&self) -> View {
        let values = self.all.iter().flat_map(Hysteresis::values).collect();
        View { in_force: self.in_force(), is_by_hand: self.by_hand.is_some(), since: self.since, values }
    }
}
