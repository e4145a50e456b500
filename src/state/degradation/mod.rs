//! Which mode of degradation is in force.
//!
//! Exact: each mode is judged by itself, from reading to reading: between two readings a signal is what it last was. The mode that
//! signals ask for is the highest that is on; one that was set by hand is in force in its place, while signals go on being judged. Of
//! those who ask at the same time, one reads the signals. The others take the mode that was last found, and take no lock.

mod hysteresis;
mod modes;
mod turn;

pub(crate) use self::hysteresis::{Hysteresis, Lines};
pub(crate) use self::modes::{Change, Decided, View, Why};
use self::modes::{Modes, NORMAL};
use self::turn::{Taken, Turn};
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// Signals are read at most once in this time.
pub(crate) const PAUSE: Nanos = Nanos(100_000_000);

/// Where a tally counts signals that panicked. Before it stand the changes, by why they were made.
pub(crate) const PANICS: usize = Why::WORDS.len();

/// A number that a signal gave, as it counts: held within 0 and 1, and 0 where it is none.
pub(crate) const fn held(value: f64) -> f64 {
    // A zero has no sign, or it would be shown.
    if value > 0.0 { value.min(1.0) } else { 0.0 }
}

#[derive(Debug)]
pub(crate) struct Degradation {
    /// The number of the mode in force, so that who asks takes no lock. Written under the lock, so it is never an older one.
    in_force: AtomicU64,
    turn: Turn,
    modes: Mutex<Modes>,
    has_signals: bool,
}

impl Degradation {
    pub(crate) fn new(modes: Vec<Hysteresis>) -> Self {
        let has_signals = modes.iter().any(Hysteresis::has_signals);
        Self {
            in_force: AtomicU64::new(NORMAL as u64),
            turn: Turn::new(PAUSE),
            modes: Mutex::new(Modes::new(modes)),
            has_signals,
        }
    }

    /// Whether there is anything to read.
    #[inline(always)]
    pub(crate) const fn has_signals(&self) -> bool {
        self.has_signals
    }

    /// The number of the mode in force.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "it was one before")]
    pub(crate) fn in_force(&self) -> usize {
        self.in_force.load(Ordering::Relaxed) as usize
    }

    /// Takes the turn to read the signals, if one is due and nobody reads them now.
    #[inline(always)]
    pub(crate) fn turn(&self, now: Nanos) -> Option<Taken<'_>> {
        self.turn.try_take(now)
    }

    /// Judges by what signals gave, in the order of the modes and of their signals. Needs the [turn](Self::turn).
    pub(crate) fn read(&self, values: &[f64], now: Nanos) -> Option<Change> {
        self.change(|modes| modes.read(values, now))
    }

    /// Puts a mode in force by hand.
    pub(crate) fn set(&self, mode: usize, now: Nanos) -> Option<Change> {
        self.change(|modes| modes.set(mode, now))
    }

    /// Goes by the signals again.
    pub(crate) fn auto(&self, now: Nanos) -> Option<Change> {
        self.change(|modes| modes.auto(now))
    }

    fn change(&self, change: impl FnOnce(&mut Modes) -> Option<Change>) -> Option<Change> {
        let mut modes = self.modes.lock();
        let change = change(&mut modes)?;
        self.in_force.store(change.to as u64, Ordering::Relaxed);
        Some(change)
    }

    pub(crate) fn view(&self) -> View {
        self.modes.lock().view()
    }
}
