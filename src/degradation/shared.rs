//! What all handles share: the modes with their signals, and the features.

use super::rung::{Rung, Signal};
use super::snapshot::{DegradationSnapshot, SignalSnapshot};
use crate::caught::Panicked;
use crate::error::ConfigError;
use crate::event::{Event, Told, cut};
use crate::name::Name;
use crate::registry::{Registry, Row};
use crate::state::degradation::{self, Change, Decided, Hysteresis, PANICS, Why, held};
use crate::time::Clock;

/// The mode that is in force where no other is.
pub(super) const NORMAL_NAME: &str = "normal";

#[derive(Debug)]
pub(super) struct Core {
    pub(super) row: &'static Row,
    pub(super) told: Told,
    pub(super) registry: Registry,
    pub(super) rungs: Vec<Rung>,
    /// Each with the number of the mode from which on it is off.
    pub(super) features: Vec<(Name, usize)>,
    clock: Clock,
    state: degradation::Degradation,
}

impl Core {
    pub(super) fn new(row: &'static Row, registry: Registry, rungs: Vec<Rung>, features: Vec<(Name, usize)>) -> Self {
        let modes = rungs.iter().map(|rung| Hysteresis::new(rung.lines, rung.signals.len())).collect();
        let (told, clock, state) = (Told::new(), Clock::start(), degradation::Degradation::new(modes));
        Self { row, told, registry, rungs, features, clock, state }
    }

    pub(super) const fn name(&self) -> Name {
        self.row.name()
    }

    /// The feature of this name, and the number of the mode from which on it is off.
    pub(super) fn feature(&self, name: &str) -> Option<(Name, usize)> {
        self.features.iter().find(|(feature, _)| feature.as_str() == name).copied()
    }

    /// The name of the mode of this number.
    pub(super) fn mode(&self, number: usize) -> &'static str {
        number.checked_sub(1).map_or(NORMAL_NAME, |rung| self.rungs[rung].name.as_str())
    }

    /// The number of the mode of this name.
    pub(super) fn number(&self, mode: &str) -> Result<usize, ConfigError> {
        let all = || (0..=self.rungs.len()).map(|number| self.mode(number));
        all().position(|name| name == mode).ok_or_else(|| {
            let legal = format!("one of: {}", all().collect::<Vec<_>>().join(", "));
            let error = ConfigError::new("mode", format_args!("{:?}", cut(mode)), legal);
            error.of(self.row.kind().as_str()).named(self.name().as_str())
        })
    }

    /// The number of the mode in force, once the signals were read if that is due.
    #[inline]
    pub(super) fn in_force(&self) -> usize {
        if self.state.has_signals() {
            self.read_if_due();
        }
        self.state.in_force()
    }

    fn read_if_due(&self) {
        let now = self.clock.now();
        let Some(turn) = self.state.turn(now) else { return };
        // Under no lock, because a signal is foreign code, which may ask for the mode or set it. What it says after a panic is its own.
        let read: Vec<_> = self.signals().map(|signal| Panicked::catch(|| held((signal.read)()))).collect();
        let values: Vec<_> = read.iter().map(|value| *value.as_ref().unwrap_or(&0.0)).collect();
        let change = self.state.read(&values, now);
        drop(turn);
        self.tell(change);
        for (signal, panicked) in self.signals().zip(read).filter_map(|(signal, read)| Some((signal, read.err()?))) {
            self.tell_panic(signal, &panicked);
        }
    }

    fn signals(&self) -> impl Iterator<Item = &Signal> {
        self.rungs.iter().flat_map(|rung| &rung.signals)
    }

    pub(super) fn set(&self, mode: usize) {
        self.tell(self.state.set(mode, self.clock.now()));
    }

    pub(super) fn auto(&self) {
        self.tell(self.state.auto(self.clock.now()));
    }

    /// Counts and tells a panic, once for each signal.
    fn tell_panic(&self, signal: &Signal, panicked: &Panicked) {
        self.row.count(PANICS);
        if signal.panics_first() {
            let (signal, error) = (signal.name.as_str(), panicked.to_string());
            self.told.tell(self.row.source, &Event::SignalPanicked { signal, error: &error });
        }
    }

    /// Counts and tells that another mode is in force.
    fn tell(&self, change: Option<Change>) {
        let Some(Change { from, to, why }) = change else { return };
        self.row.count(why.word());
        let decided = match why {
            Why::Signal(Decided { mode, signal, value }) => {
                Some((self.rungs[mode - 1].signals[signal].name.as_str(), value))
            }
            Why::ByHand => None,
        };
        let (signal, value) = decided.unzip();
        let (is_worse, from, to) = (to > from, self.mode(from), self.mode(to));
        self.told.tell(self.row.source, &Event::ModeChanged { from, to, is_worse, signal, value });
    }

    pub(super) fn view(&self) -> DegradationSnapshot {
        self.in_force();
        let view = self.state.view();
        let names = self.rungs.iter().flat_map(|rung| rung.signals.iter().map(|signal| (rung.name, signal.name)));
        let signals = names.zip(view.values).map(|((mode, signal), value)| SignalSnapshot {
            mode: mode.as_str(),
            signal: signal.as_str(),
            value,
        });
        DegradationSnapshot {
            mode: self.mode(view.in_force),
            mode_age: self.clock.now().saturating_sub(view.since).into(),
            is_by_hand: view.is_by_hand,
            signals: signals.collect(),
        }
    }
}
