//! What an algorithm is told, and what it says.

use std::time::Duration;

/// What the calls of one round have shown. A [`LimitAlgorithm`] makes the next limit of it.
///
/// A sample is a call that was a [`Success`](crate::Outcome::Success). A drop is a call that was `Transient` or `Throttled`, or
/// that a timeout around the bulkhead ended.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Round {
    /// The mean time of the samples, from their admission to the head of their response; zero without samples.
    pub mean: Duration,
    /// The shortest time of a sample; zero without samples.
    pub min: Duration,
    /// How many samples there were. A round without drops has at least 10.
    pub samples: u64,
    /// How many drops there were.
    pub drops: u64,
    /// The most calls that held a place at one time.
    pub max_in_flight: usize,
    /// The limit during the round, a real number: so many calls as its whole part may be in flight.
    pub limit: f64,
    /// Whether a call found the limit reached, or the share of it that its class may fill, or others in the queue.
    pub held_back: bool,
    /// Whether that limit was set by hand since the last round.
    pub by_hand: bool,
}

impl Round {
    /// A round at this limit in which nothing happened, for the tests of an algorithm of your own.
    pub const fn at(limit: f64) -> Self {
        Self {
            mean: Duration::ZERO,
            min: Duration::ZERO,
            samples: 0,
            drops: 0,
            max_in_flight: 0,
            limit,
            held_back: false,
            by_hand: false,
        }
    }

    /// Whether the limit, or a share of it, held calls back or may have.
    pub(super) fn is_at_limit(&self) -> bool {
        self.held_back || self.in_flight() >= self.limit.floor()
    }

    /// Whether at least half of the limit was used, so that it may grow.
    ///
    /// Of its whole part, so that a class whose share is a half uses it.
    pub(super) fn is_used(&self) -> bool {
        self.in_flight() >= self.limit.floor() / 2.0
    }

    /// In how many rounds like this one so many calls end. At most 10: some of those in flight may only hold places, as streams do.
    pub(super) fn rounds_of(&self, calls: usize) -> u32 {
        let calls = u64::try_from(calls).unwrap_or(u64::MAX);
        let rounds = calls.div_ceil(self.samples.max(1));
        u32::try_from(rounds).unwrap_or(10).clamp(1, 10)
    }

    #[expect(clippy::cast_precision_loss, reason = "calls in flight are few")]
    fn in_flight(&self) -> f64 {
        self.max_in_flight as f64
    }
}

/// Finds the limit of an adaptive bulkhead, a round at a time.
///
/// # Examples
///
/// ```
/// use palisade::{Adaptive, BulkheadLayer, LimitAlgorithm, Round};
///
/// /// Keeps calls below a tenth of a second.
/// struct Below100;
///
/// impl LimitAlgorithm for Below100 {
///     fn after(&mut self, round: &Round) -> f64 {
///         let is_slow = round.drops > 0 || round.mean.as_millis() >= 100;
///         if is_slow { round.limit * 0.8 } else { round.limit + 1.0 }
///     }
/// }
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let layer = BulkheadLayer::builder(20).adaptive(Adaptive::by(|| Below100)).build()?;
/// assert_eq!(layer.handle().limit(), 20);
///
/// let mut slow = Round::at(20.0);
/// slow.drops = 1;
/// assert_eq!(Below100.after(&slow), 16.0);
/// # Ok(())
/// # }
/// ```
pub trait LimitAlgorithm {
    /// Says the limit after this round.
    ///
    /// The bulkhead keeps what it says within the bounds that its [`Adaptive`](crate::Adaptive) sets. NaN and infinity leave the
    /// limit as it is. It runs in the call that ended the round, under no lock of the crate: so it must be quick. If it
    /// panics, the limit stays as it is from then on.
    fn after(&mut self, round: &Round) -> f64;
}
