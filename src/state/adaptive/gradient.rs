//! Compares the mean of a round with that of many rounds.
//!
//! As Netflix' `Gradient2Limit`, but the long mean does not learn its own queue. Once it has begun, it rises only in rounds that
//! stayed below the limit, and is measured anew where the limit is always reached.

use super::aimd::less;
use super::base::Base;
use super::round::{LimitAlgorithm, Round};

/// How much longer than usual calls may take before the limit shrinks.
const TOLERANCE: f64 = 1.5;
/// The long mean begins as the plain mean of at least so many calls. With fewer, its standard error would be above 14 % where times
/// are exponential.
const FIRST: usize = 50;
/// And of so many times those in flight, since at first only quick calls have ended: with fewer, it would be far too low.
const TURNOVERS: usize = 4;
/// The weight of one round in a mean over 600.
const WEIGHT: f64 = 2.0 / 601.0;
/// What is left of the excess of a long mean that is more than twice the short one.
const DECAY: f64 = 0.95;
/// The weight of the new limit.
const SMOOTHING: f64 = 0.2;

#[derive(Debug, Default)]
pub(crate) struct Gradient {
    long: Option<f64>,
    /// How many rounds begin the long mean.
    first: u32,
    /// How many of them there were.
    taken: u32,
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
        let long = self.follow(round, short);
        // A limit that does not hold calls back is no reason for their times, and could not grow back.
        if !round.is_used() {
            return limit;
        }
        let gradient = if short > 0.0 { (TOLERANCE * long / short).clamp(0.5, 1.0) } else { 1.0 };
        let new = limit * gradient + limit.sqrt();
        limit * (1.0 - SMOOTHING) + new * SMOOTHING
    }
}

impl Gradient {
    /// The long mean after a round.
    fn follow(&mut self, round: &Round, short: f64) -> f64 {
        let long = self.long.unwrap_or_else(|| {
            self.first = round.rounds_of(round.max_in_flight.saturating_mul(TURNOVERS).max(FIRST));
            short
        });
        let begins = self.taken < self.first;
        self.taken += u32::from(begins);
        let weight = if begins { 1.0 / f64::from(self.taken) } else { WEIGHT };
        let rises = begins || !round.is_at_limit();
        let long = if short > long && !rises { long } else { long + (short - long) * weight };
        let long = if long > 2.0 * short { short + DECAY * (long - short) } else { long };
        self.long = Some(long);
        long
    }
}
