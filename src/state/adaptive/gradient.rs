//! Compares the mean of a round with that of many rounds.
//!
//! As Netflix' `Gradient2Limit`, but the long mean does not learn its own queue. It rises only in rounds that stayed below the
//! limit, and is measured anew where the limit is always reached.

use super::aimd::less;
use super::base::Base;
use super::round::{LimitAlgorithm, Round};

/// How much longer than usual calls may take before the limit shrinks.
const TOLERANCE: f64 = 1.5;
/// The weight of one round in a mean over 600.
const WEIGHT: f64 = 2.0 / 601.0;
/// What is left of the excess of a long mean that is more than twice the short one.
const DECAY: f64 = 0.95;
/// The weight of the new limit.
const SMOOTHING: f64 = 0.2;

#[derive(Debug, Default)]
pub(crate) struct Gradient {
    long: Option<f64>,
    base: Base,
}

impl LimitAlgorithm for Gradient {
    fn after(&mut self, round: &Round) -> f64 {
        let Round { samples, drops, limit, .. } = *round;
        if drops > 0 {
            self.base.give_up();
            return less(round);
        }
        if samples == 0 {
            return limit;
        }
        if let Some(limit) = self.base.measure(round, &mut self.long) {
            return limit;
        }
        let short = round.mean.as_secs_f64();
        let long = followed(self.long.unwrap_or(short), short, round.is_at_limit());
        self.long = Some(long);
        // A limit that does not hold calls back is no reason for their times, and could not grow back.
        if !round.is_used() {
            return limit;
        }
        let gradient = if short > 0.0 { (TOLERANCE * long / short).clamp(0.5, 1.0) } else { 1.0 };
        let new = limit * gradient + limit.sqrt();
        limit * (1.0 - SMOOTHING) + new * SMOOTHING
    }
}

/// The long mean after a round.
fn followed(long: f64, short: f64, is_at_limit: bool) -> f64 {
    let long = if short > long && is_at_limit { long } else { long + (short - long) * WEIGHT };
    if long > 2.0 * short { short + DECAY * (long - short) } else { long }
}
