//! Estimates how many of the calls in flight wait in a queue of the service, and keeps them few.
//!
//! Brakmo and Peterson's TCP Vegas, as Netflix' concurrency-limits has it, on the means of rounds. The queue is
//! `limit x (1 - least / mean)`: below `3 x log10(limit)` the limit grows by `log10(limit)`, above `6 x log10(limit)` it shrinks by
//! that. The logarithm is at least 1, or a limit of 1 would never move.

use super::base::Base;
use super::round::{LimitAlgorithm, Round};

#[derive(Debug, Default)]
pub(crate) struct Vegas {
    /// The least mean: the time of a call without a queue.
    least: Option<f64>,
    base: Base,
}

impl LimitAlgorithm for Vegas {
    fn after(&mut self, round: &Round) -> f64 {
        let Round { samples, drops, limit, .. } = *round;
        let mean = round.mean.as_secs_f64();
        let step = limit.log10().max(1.0);
        if drops > 0 {
            self.base.give_up();
            return limit - step;
        }
        if samples == 0 {
            return limit;
        }
        if let Some(limit) = self.base.measure(round, &mut self.least) {
            return limit;
        }
        let least = self.least.map_or(mean, |least| least.min(mean));
        self.least = Some(least);
        // A limit that does not hold calls back is no reason for their times, and could not grow back.
        if !round.is_used() {
            return limit;
        }
        let queue = if mean > 0.0 { limit * (1.0 - least / mean) } else { 0.0 };
        if queue < 3.0 * step {
            limit + step
        } else if queue > 6.0 * step {
            limit - step
        } else {
            limit
        }
    }
}
