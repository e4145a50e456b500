//! How long to wait before the next attempt.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use crate::error::ConfigError;
use crate::time::Nanos;

/// How long to wait before the next attempt.
///
/// The delay starts at a base and grows by a factor up to a cap: in step `n`, counted from 0, it is `min(cap, base * factor^n)`.
/// [`Jitter`] makes a part of it random. No delay is longer than the cap. The form and the names are those of "Exponential Backoff And Jitter"
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
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    base: Nanos,
    cap: Nanos,
    factor: f64,
    jitter: Jitter,
}

impl Backoff {
    /// Grows from `base` up to `cap`, by a factor of 2 and with [`Jitter::Full`].
    ///
    /// If `base` is longer than `cap`, the layer that takes this backoff returns a [`ConfigError`].
    pub const fn exponential(base: Duration, cap: Duration) -> Self {
        Self { base: Nanos::of(base), cap: Nanos::of(cap), factor: 2.0, jitter: Jitter::Full }
    }

    /// Waits `delay` each time, without jitter.
    pub const fn constant(delay: Duration) -> Self {
        Self::exponential(delay, delay).jitter(Jitter::None)
    }

    /// Never waits.
    pub const fn none() -> Self {
        Self::constant(Duration::ZERO)
    }

    /// Sets how many times as long as the one before each delay is.
    ///
    /// 1 to 100; with 1 it does not grow. Otherwise the layer that takes this backoff returns a [`ConfigError`]. Defaults to 2.
    pub const fn factor(self, factor: f64) -> Self {
        Self { factor, ..self }
    }

    /// Sets which part of each delay is random.
    pub const fn jitter(self, jitter: Jitter) -> Self {
        Self { jitter, ..self }
    }

    pub(crate) fn check(&self, setting: &'static str) -> Result<(), ConfigError> {
        let Self { base, cap, factor, .. } = self;
        let is_legal = (1.0..=100.0).contains(factor);
        ConfigError::unless(is_legal, setting, format_args!("a factor of {factor}"), "a factor of 1 to 100")?;
        ConfigError::unless(
            base <= cap,
            setting,
            format_args!("a base of {base:?} with a cap of {cap:?}"),
            "a base of at most the cap",
        )
    }

    /// Returns the delay of `step`, counted from 0. `draw` draws its random part evenly from a range.
    pub(crate) fn delay(&self, step: u32, draw: impl FnOnce(RangeInclusive<u64>) -> u64) -> Nanos {
        // Most steps are the first, or grow no more.
        let grows = step > 0 && self.base < self.cap;
        let longest = if grows { self.grown(step).min(self.cap.0) } else { self.base.0 };
        Nanos(match self.jitter {
            Jitter::None => longest,
            Jitter::Equal => draw(longest.div_ceil(2)..=longest),
            Jitter::Full => draw(0..=longest),
        })
    }

    /// The base after so many steps of growth. It is exact where the growth is a whole number.
    /// The longest delay that a step may have.
    #[cfg(any(feature = "serde", test))]
    pub(crate) const fn longest(&self) -> Nanos {
        self.cap
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a product that is too large saturates, and none is below zero"
    )]
    fn grown(&self, step: u32) -> u64 {
        let base = self.base.0;
        let growth = self.factor.powi(i32::try_from(step).unwrap_or(i32::MAX));
        if growth.fract() == 0.0 { base.saturating_mul(growth as u64) } else { (base as f64 * growth) as u64 }
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, cap, factor, jitter } = self;
        write!(f, "{base:?}")?;
        if base < cap {
            write!(f, " growing by {factor} to {cap:?}")?;
        }
        write!(f, " with {jitter}")
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

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no jitter",
            Self::Equal => "equal jitter",
            Self::Full => "full jitter",
        })
    }
}

/// Makes the random generator of one layer, from `seed` or from the system's randomness.
pub(crate) fn generator(seed: Option<u64>) -> SmallRng {
    seed.map_or_else(rand::make_rng, SmallRng::seed_from_u64)
}
