//! What of a window is kept when its process ends, and how another goes on from it.
//!
//! Approximate in time, by one bucket of either window: what was in a bucket comes into that which holds the moment when it began, so
//! nothing is held for longer than it would have been. A window by count keeps the newest results in their order, where they are at
//! most 65,536 runs of equal ones.

use crate::state::stripes::Stripes;
use crate::state::window::Window;
use crate::time::Nanos;

/// The most runs that are kept.
pub(super) const RUNS: usize = 1 << 16;

/// The results of a window.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub(crate) enum Saved {
    None,
    /// Runs of equal results, the newest first: what they were, as bits for failed, throttled and slow, and how many there are.
    Count(Vec<(u8, u64)>),
    /// How long ago each bucket began, and its calls, failures, throttled and slow calls.
    Time(Vec<(Nanos, [u64; 4])>),
}

impl Saved {
    /// Whether results can be so.
    #[cfg(feature = "serde")]
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::None => true,
            Self::Count(runs) => runs.iter().all(|&(marks, _)| marks < 8 && marks & 3 != 3),
            Self::Time(buckets) => buckets.iter().all(|&(_, [calls, failures, throttled, slow])| {
                failures.checked_add(throttled).is_some_and(|bad| bad <= calls) && slow <= calls
            }),
        }
    }
}

impl Window {
    pub(crate) fn saved(&self, stripes: &Stripes, generation: u64, now: Nanos) -> Saved {
        match self {
            Self::None => Saved::None,
            Self::Count(window) => Saved::Count(window.saved(stripes, generation)),
            Self::Time(window) => Saved::Time(window.saved(stripes, generation, now)),
        }
    }

    /// Fills a generation in which nobody counts yet with what was saved this long ago, if it was of a window of this kind.
    pub(crate) fn restore(&self, stripes: &Stripes, generation: u64, now: Nanos, saved: &Saved, age: Nanos) {
        match (self, saved) {
            (Self::Count(window), Saved::Count(runs)) => window.restore(stripes, generation, runs),
            (Self::Time(window), Saved::Time(buckets)) => window.restore(stripes, generation, now, buckets, age),
            _ => {}
        }
    }
}

/// How many buckets of this width before the newest is the one that holds the moment this long ago. The newest began `since` ago.
pub(crate) const fn buckets_ago(age: Nanos, since: Nanos, width: Nanos) -> u64 {
    age.saturating_sub(since).0.div_ceil(width.0)
}
