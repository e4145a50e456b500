//! How long to wait before the next attempt.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::error::ConfigError;
use crate::time::Nanos;

/// How long to wait before the next attempt.
///
/// The delay starts at a base and doubles up to a cap: in step `n`, counted from 0, it is `min(cap, base * 2^n)`. [`Jitter`] makes
/// a part of it random. No delay is longer than the cap. The form and the names are those of "Exponential Backoff And Jitter"
/// (AWS Architecture Blog, 2015).
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
    /// If `base` is longer than `cap`, the layer that takes this backoff returns a [`ConfigError`].
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

    /// Returns the delay of `step`, counted from 0. `draw` draws its random part evenly from a range.
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
    /// No part of it, so clients that failed together come back together.
    None,
    /// Half of it: the delay is drawn evenly from the upper half.
    Equal,
    /// All of it: the delay is drawn evenly from zero up. The default.
    #[default]
    Full,
}

/// Makes the random generator of one layer, from `seed` or from the system's randomness.
pub(crate) fn generator(seed: Option<u64>) -> SmallRng {
    seed.map_or_else(rand::make_rng, SmallRng::seed_from_u64)
}
