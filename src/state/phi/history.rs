//! The last intervals between the beats of a node.

use std::collections::VecDeque;

use crate::time::Nanos;

/// The most intervals that a history can be told to keep, so that the sums below cannot overflow.
pub(crate) const MAX_SAMPLES: usize = 10_000;

/// The longest interval, of 35 years: in microseconds, the square of the sum of so many fits.
const LONGEST: u64 = 1 << 50;

/// Whole microseconds, and their sums.
#[derive(Debug)]
pub(crate) struct History {
    micros: VecDeque<u64>,
    sum: u128,
    squares: u128,
}

impl History {
    /// Starts with two intervals, a quarter less and a quarter more than the estimate: nothing is known of the node yet.
    pub(crate) fn new(estimate: Nanos) -> Self {
        let mut history = Self { micros: VecDeque::new(), sum: 0, squares: 0 };
        let quarter = Nanos(estimate.0 / 4);
        history.push(estimate.saturating_sub(quarter), MAX_SAMPLES);
        history.push(estimate.saturating_add(quarter), MAX_SAMPLES);
        history
    }

    /// Remembers an interval, and forgets the oldest beyond `samples`.
    pub(crate) fn push(&mut self, interval: Nanos, samples: usize) {
        while self.micros.len() >= samples {
            let Some(oldest) = self.micros.pop_front() else { break };
            self.sum -= u128::from(oldest);
            self.squares -= u128::from(oldest).pow(2);
        }
        let micros = (interval.0 / 1_000).min(LONGEST);
        self.micros.push_back(micros);
        self.sum += u128::from(micros);
        self.squares += u128::from(micros).pow(2);
    }

    /// The mean and the deviation of the population, in microseconds.
    #[expect(clippy::cast_precision_loss, reason = "a float's 53 bits are enough for a mean")]
    pub(crate) fn mean_and_deviation(&self) -> (f64, f64) {
        let count = self.micros.len() as u128;
        let spread = count * self.squares - self.sum.pow(2);
        (self.sum as f64 / count as f64, (spread as f64).sqrt() / count as f64)
    }
}
