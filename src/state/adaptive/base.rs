//! How long a call takes where none waits, measured anew.
//!
//! Where the limit is always reached, a mean cannot tell a slow service from a queue. So after 300 rounds at the limit, it is
//! halved for four rounds, which empties the queue. The least mean of the last three of them is the new base.

use super::round::Round;

/// Rounds at the limit between two measurements.
const BETWEEN: u32 = 300;
/// Rounds of a measurement. The first does not count: its calls were admitted before.
const MEASURED: u32 = 4;

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
            self.measuring = Some(Measuring { full: round.limit, rounds: 0, least: f64::INFINITY });
            return Some(round.limit / 2.0);
        };
        measuring.rounds += 1;
        if measuring.rounds > 1 {
            measuring.least = measuring.least.min(round.mean.as_secs_f64());
        }
        let Measuring { full, rounds, least } = *measuring;
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
