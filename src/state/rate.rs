//! How many calls may pass in which time.

use std::fmt;
use std::time::Duration;

use crate::time::Nanos;

/// So many calls in a period, evenly spread over it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::Rate;
///
/// let rate = Rate::per(Duration::from_secs(60), 600);
/// assert_eq!(rate.to_string(), "600 calls in 60s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    period: Nanos,
    calls: u32,
}

impl Rate {
    /// Lets `calls` calls pass in each `period`; 0 calls reject everything.
    ///
    /// The period must have a nanosecond for each call, and must not be zero: the builder of the limit says so. A period of more
    /// than 584 years counts as that.
    pub const fn per(period: Duration, calls: u32) -> Self {
        Self { period: Nanos::of(period), calls }
    }

    /// Lets `calls` calls pass in each second; 0 rejects everything.
    pub const fn per_second(calls: u32) -> Self {
        Self::per(Duration::from_secs(1), calls)
    }

    /// The calls of a period.
    pub const fn calls(self) -> u32 {
        self.calls
    }

    /// The period.
    pub const fn period(self) -> Duration {
        Duration::from_nanos(self.period.0)
    }

    pub(crate) const fn is_legal(self) -> bool {
        self.period.0 > 0 && self.period.0 >= self.calls as u64
    }

    /// The time from one call to the next, rounded up to a nanosecond; `None` for a rate of no calls.
    pub(crate) const fn interval(self) -> Option<u64> {
        match self.calls {
            0 => None,
            calls => Some(self.period.0.div_ceil(calls as u64)),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls in {:?}", self.calls, self.period())
    }
}
