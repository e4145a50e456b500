//! What there is to see of a degradation.

use std::time::Duration;

/// A degradation at one moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DegradationSnapshot {
    /// The mode in force.
    pub mode: &'static str,
    /// For how long it has been.
    pub mode_age: Duration,
    /// Whether it was set by hand.
    pub is_by_hand: bool,
    /// All signals, by their modes.
    pub signals: Vec<SignalSnapshot>,
}

/// A signal at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct SignalSnapshot {
    /// Its mode.
    pub mode: &'static str,
    /// Its name.
    pub signal: &'static str,
    /// What it was when it was last read, from 0 to 1. It is 0 before that.
    pub value: f64,
}
