//! What calls have shown, summed on lines of their threads' own.

use crate::outcome::Outcome;
use crate::state::stripes::Stripes;
use crate::time::Nanos;

/// The words of a stripe.
const LATENCY: usize = 0;
const SAMPLES: usize = 1;
const DROPS: usize = 2;
/// The most in flight.
const MOST: usize = 3;
/// The least latency, as its complement: so it is found like the most.
const LEAST: usize = 4;
const WORDS: usize = 5;

/// What a call has shown of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    Success,
    Drop,
    Nothing,
}

impl Sample {
    pub(crate) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            Outcome::Transient | Outcome::Throttled { .. } => Self::Drop,
            Outcome::Failed | Outcome::Ignored => Self::Nothing,
        }
    }
}

#[derive(Debug)]
pub(super) struct Sums(Stripes);

/// The sums of all calls since the beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) samples: u64,
    latency: u64,
    pub(super) drops: u64,
}

impl Sums {
    pub(super) fn new() -> Self {
        Self(Stripes::new(WORDS))
    }

    /// Adds a call that took so long, and ended when so many were in flight.
    #[inline(always)]
    pub(super) fn add(&self, sample: Sample, latency: Nanos, in_flight: u64) {
        let mine = self.0.mine();
        mine.raise(MOST, in_flight);
        match sample {
            Sample::Success => {
                mine.raise(LEAST, !latency.0);
                // Before the sample, so that no sum holds a sample without its time.
                mine.add(LATENCY, latency.0);
                mine.count(SAMPLES);
            }
            Sample::Drop => mine.count(DROPS),
            Sample::Nothing => {}
        }
    }

    /// The samples alone.
    pub(super) fn samples(&self) -> u64 {
        self.0.total(SAMPLES)
    }

    /// The sums of all calls. The samples first, so that they have their times.
    pub(super) fn totals(&self) -> Totals {
        let samples = self.0.total(SAMPLES);
        Totals { samples, latency: self.0.total(LATENCY), drops: self.0.total(DROPS) }
    }

    /// The most in flight and the least time since they were last taken.
    pub(super) fn take_extremes(&self) -> (usize, Nanos) {
        let (most, least) = (self.0.take_most(MOST), !self.0.take_most(LEAST));
        (usize::try_from(most).unwrap_or(usize::MAX), Nanos(least))
    }
}

impl Totals {
    pub(super) const fn since(self, begun: Self) -> Self {
        Self {
            samples: self.samples.wrapping_sub(begun.samples),
            latency: self.latency.wrapping_sub(begun.latency),
            drops: self.drops.wrapping_sub(begun.drops),
        }
    }

    /// Whether a call has shown something.
    #[cfg(any(feature = "serde", test))]
    pub(super) const fn is_any(self) -> bool {
        self.samples > 0 || self.drops > 0
    }

    pub(super) fn mean(self) -> Option<Nanos> {
        self.latency.checked_div(self.samples).map(Nanos)
    }
}
