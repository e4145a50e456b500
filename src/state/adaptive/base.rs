//! How long a call takes where none waits, measured anew.
//!
//! Where the limit is always reached, a mean cannot tell a slow service from a queue. So after 300 rounds at the limit, it is
//! halved, which empties the queue. Once the calls have ended that were admitted before, the least mean of three rounds is the
//! new base.

use super::round::Round;

/// Rounds at the limit between two measurements.
const BETWEEN: u32 = 300;
/// Rounds of a measurement that count.
const MEASURED: u32 = 3;

#[derive(Debug, Default)]
pub(super) struct Base {
    /// Rounds at the limit since the last measurement.
    at_limit: u32,
    measuring: Option<Measuring>,
}

#[derive(Debug)]
struct Measuring {
    /// The limit before.
    full: f64,
    /// Rounds to come in which calls end that were admitted before.
    waits: u32,
    rounds: u32,
    least: f64,
}

impl Base {
    /// Takes a round without drops. Returns the limit if a measurement decides it; the last one sets `base`.
    pub(super) fn measure(&mut self, round: &Round, base: &mut Option<f64>) -> Option<f64> {
        if round.by_hand {
            self.give_up();
        }
        let Some(measuring) = &mut self.measuring else {
            self.at_limit += u32::from(round.is_at_limit() && round.is_used());
            if self.at_limit < BETWEEN {
                return None;
            }
            let waits = round.rounds_of(round.max_in_flight);
            self.measuring = Some(Measuring { full: round.limit, waits, rounds: 0, least: f64::INFINITY });
            return Some(round.limit / 2.0);
        };
        if measuring.waits > 0 {
            measuring.waits -= 1;
            return Some(round.limit);
        }
        measuring.rounds += 1;
        measuring.least = measuring.least.min(round.mean.as_secs_f64());
        let Measuring { full, rounds, least, .. } = *measuring;
        if rounds < MEASURED {
            return Some(round.limit);
        }
        if rounds == MEASURED {
            *base = Some(least);
        }
        // A limit would not grow while less than half of it is used.
        if round.is_used() {
            self.give_up();
        }
        Some(full)
    }

    /// Ends a measurement, if one is made, and begins to count anew.
    pub(super) fn give_up(&mut self) {
        if self.measuring.is_some() {
            *self = Self::default();
        }
    }
}
