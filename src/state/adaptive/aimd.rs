//! Grows by one, and shrinks by a tenth when calls are dropped.

use super::round::{LimitAlgorithm, Round};

#[derive(Debug)]
pub(crate) struct Aimd;

impl LimitAlgorithm for Aimd {
    fn after(&mut self, round: &Round) -> f64 {
        match round.drops {
            0 if round.is_used() => round.limit + 1.0,
            0 => round.limit,
            _ => less(round),
        }
    }
}

/// The limit after drops.
pub(super) fn less(round: &Round) -> f64 {
    round.limit * 0.9
}
