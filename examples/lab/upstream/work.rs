//! How long a call is worked on.

use std::time::Duration;

use serde::Deserialize;

use crate::legal::unless;
use crate::span::Span;

/// Durations that are drawn.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    Constant(Span),
    /// With this mean.
    Exponential(Span),
    /// Rising pairs of a share and the duration that this share of calls does not exceed; straight lines between them.
    Quantiles(Vec<(f64, Span)>),
}

impl Default for Work {
    fn default() -> Self {
        Self::Constant(Span(Duration::from_millis(5)))
    }
}

impl Work {
    pub(super) fn check(&self) -> Result<(), String> {
        let Self::Quantiles(points) = self else { return Ok(()) };
        let are_shares = points.iter().all(|(share, _)| (0.0..=1.0).contains(share));
        let rise = points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        unless(
            are_shares && rise && !points.is_empty(),
            "quantiles",
            points,
            "pairs of a share and a duration, both rising",
        )
    }

    /// The duration that belongs to a number from 0 up to 1, in which it never falls.
    pub(crate) fn at(&self, draw: f64) -> Duration {
        match self {
            Self::Constant(duration) => duration.0,
            Self::Exponential(mean) => times(mean.0, -(1.0 - draw).ln()),
            Self::Quantiles(points) => {
                let above = points.iter().position(|(share, _)| *share > draw).unwrap_or(points.len());
                let near =
                    |point: usize| points.get(point).map_or((1.0, Duration::ZERO), |(share, span)| (*share, span.0));
                match above {
                    0 => near(0).1,
                    above if above == points.len() => near(above - 1).1,
                    above => {
                        let ((low, from), (high, to)) = (near(above - 1), near(above));
                        from + times(to.saturating_sub(from), (draw - low) / (high - low))
                    }
                }
            }
        }
    }
}

/// A multiple of a duration: the longest there is where it is too long.
pub(crate) fn times(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}
