//! How long to wait before the next try.

use std::{ops::RangeInclusive, time::Duration};

use rand::{SeedableRng, rngs::SmallRng};

use crate::{ConfigError, time::Nanos};

/// How long to wait before the next try: a base that doubles up to a cap, spread by jitter.
///
/// Step `n` (from 0) waits `min(cap, base * 2^n)`, of which [`Jitter`] takes a random part. The form and the names are
/// those of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015). No delay is ever above the cap, at any step.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::{Backoff, Jitter, RetryLayer};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let backoff = Backoff::exponential(Duration::from_millis(10), Duration::from_secs(1)).jitter(Jitter::Equal);
/// let retry = RetryLayer::builder("payments").backoff(backoff).build()?;
/// # drop(retry);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    jitter: Jitter,
}

impl Backoff {
    /// Doubles from `base` up to `cap`, with [`Jitter::Full`].
    ///
    /// A `base` above `cap` is a [`ConfigError`] of the layer that is given it.
    pub const fn exponential(base: Duration, cap: Duration) -> Self {
        Self { base, cap, jitter: Jitter::Full }
    }

    /// Waits `delay` each time, without jitter.
    pub const fn constant(delay: Duration) -> Self {
        Self { base: delay, cap: delay, jitter: Jitter::None }
    }

    /// Never waits.
    pub const fn none() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// Sets which part of each delay is random.
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    pub(crate) fn check(&self, setting: &'static str) -> Result<(), ConfigError> {
        let Self { base, cap, .. } = self;
        ConfigError::unless(
            base <= cap,
            setting,
            format_args!("a base of {base:?} with a cap of {cap:?}"),
            "a base of at most the cap",
        )
    }

    /// The delay of `step` (from 0); where a part of it is random, `draw` draws it evenly from a range.
    pub(crate) fn delay(&self, step: u32, draw: impl FnOnce(RangeInclusive<u64>) -> u64) -> Nanos {
        let doubled = 2_u64.saturating_pow(step).saturating_mul(Nanos::from(self.base).0);
        let longest = doubled.min(Nanos::from(self.cap).0);
        Nanos(match self.jitter {
            Jitter::None => longest,
            Jitter::Equal => draw(longest.div_ceil(2)..=longest),
            Jitter::Full => draw(0..=longest),
        })
    }
}

/// Which part of a delay is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Jitter {
    /// Nothing: clients that failed together come back together.
    None,
    /// The upper half: from half the delay to all of it, evenly.
    Equal,
    /// All of it: from zero to the delay, evenly. The default.
    #[default]
    Full,
}

/// Makes the generator of one layer: by `seed`, or by the system's randomness.
pub(crate) fn generator(seed: Option<u64>) -> SmallRng {
    seed.map_or_else(rand::make_rng, SmallRng::seed_from_u64)
}
