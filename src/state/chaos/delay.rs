//! How long a call is delayed.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::error::ConfigError;

/// How long calls are delayed: each by a time that is drawn for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delay(Distribution);

#[derive(Clone, Debug, PartialEq)]
enum Distribution {
    Uniform(Range<Duration>),
    Exponential(Duration),
    Quantiles(Vec<(f64, Duration)>),
}

impl Delay {
    /// Always this long.
    pub const fn constant(delay: Duration) -> Self {
        Self(Distribution::Uniform(delay..delay))
    }

    /// Anything in this range, equally likely.
    pub const fn uniform(range: Range<Duration>) -> Self {
        Self(Distribution::Uniform(range))
    }

    /// Mostly short and seldom long, this long in the mean: as the times between events that come by chance. At most 37 times the mean.
    pub const fn exponential(mean: Duration) -> Self {
        Self(Distribution::Exponential(mean))
    }

    /// As long as was measured: `(0.99, 300 ms)` says that 99 of 100 delays take at most 300 ms.
    ///
    /// Between two quantiles, and from zero to the first, the delay grows evenly. Beyond the last it stays there. Shares are more than 0
    /// and at most 1; shares and delays grow.
    pub fn quantiles(quantiles: impl IntoIterator<Item = (f64, Duration)>) -> Self {
        Self(Distribution::Quantiles(quantiles.into_iter().collect()))
    }

    /// The delay of a number that was drawn, from 0 and less than 1.
    pub(crate) fn at(&self, drawn: f64) -> Duration {
        match &self.0 {
            Distribution::Uniform(range) => between(range.start, range.end, drawn),
            Distribution::Exponential(mean) => seconds(mean.as_secs_f64() * -(-drawn).ln_1p()),
            Distribution::Quantiles(quantiles) => {
                let mut before = (0.0, Duration::ZERO);
                for &(share, delay) in quantiles {
                    if drawn < share {
                        return between(before.1, delay, (drawn - before.0) / (share - before.0));
                    }
                    before = (share, delay);
                }
                before.1
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let is_legal = match &self.0 {
            Distribution::Uniform(range) => range.start <= range.end,
            Distribution::Exponential(_) => true,
            Distribution::Quantiles(quantiles) => {
                let grow = |two: &[(f64, Duration)]| two[0].0 < two[1].0 && two[0].1 <= two[1].1;
                let are_shares = quantiles.iter().all(|(share, _)| *share > 0.0 && *share <= 1.0);
                !quantiles.is_empty() && are_shares && quantiles.windows(2).all(grow)
            }
        };
        let legal =
            "a range that does not end before it starts, or quantiles that grow, of shares more than 0 and at most 1";
        ConfigError::unless(is_legal, "delay", self, legal)
    }
}

impl From<Duration> for Delay {
    fn from(delay: Duration) -> Self {
        Self::constant(delay)
    }
}

impl From<Range<Duration>> for Delay {
    fn from(range: Range<Duration>) -> Self {
        Self::uniform(range)
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Distribution::Uniform(range) if range.start == range.end => write!(f, "{:?}", range.start),
            Distribution::Uniform(range) => write!(f, "{:?} to {:?}", range.start, range.end),
            Distribution::Exponential(mean) => write!(f, "{mean:?} in the mean"),
            Distribution::Quantiles(quantiles) => {
                for (number, (share, delay)) in quantiles.iter().enumerate() {
                    write!(f, "{}{delay:?} at {share}", if number == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

/// So far on the way from one to the other.
fn between(from: Duration, to: Duration, part: f64) -> Duration {
    from.saturating_add(seconds(to.saturating_sub(from).as_secs_f64() * part)).min(to)
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
