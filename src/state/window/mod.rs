//! The results that a closed circuit remembers.

mod count;
#[cfg(any(feature = "serde", test))]
mod saved;
mod time;

pub(crate) use self::count::CountWindow;
#[cfg(any(feature = "serde", test))]
pub(crate) use self::saved::{Saved, buckets_ago};
pub(crate) use self::time::TimeWindow;
use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::{Stripes, Tag};
use crate::sync::{AtomicU64, Ordering};
use crate::time::{Nanos, Now};

/// Where the words of a window begin in a stripe; those before it are for what owns the window.
pub(crate) const FIRST_WORD: usize = 2;

/// The tag has a word of its own, because to find it in a part of another one takes more steps in each call.
#[derive(Debug)]
#[repr(u64)]
pub(crate) enum Window {
    /// Remembers nothing: the rule of consecutive failures needs no window.
    None,
    Count(CountWindow),
    Time(TimeWindow),
}

impl Window {
    /// Another of the same size, empty.
    pub(crate) fn fork(&self) -> Self {
        match self {
            Self::None => Self::None,
            Self::Count(window) => Self::Count(window.fork()),
            Self::Time(window) => Self::Time(window.fork()),
        }
    }

    /// How many words of each stripe it needs.
    pub(crate) fn words(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Count(_) => CountWindow::WORDS,
            Self::Time(window) => window.words(),
        }
    }

    /// Counts a result; returns the counts where they may now open the circuit.
    ///
    /// That is after each failure, each throttled and each slow call, and after a success with which something that a rate divides
    /// by reaches `min_calls`. The call ended at `now`; the time window reads the clock once more, after the fence that lets it see
    /// what others counted meanwhile.
    #[inline(always)]
    pub(crate) fn record(
        &self,
        stripes: &Stripes,
        generation: u64,
        now: Nanos,
        clock: impl Now,
        call: Recorded,
    ) -> Option<Counts> {
        match self {
            Self::None => call.is_bad().then(Counts::default),
            Self::Count(window) => window.record(stripes, generation, call),
            Self::Time(window) => window.record(stripes, generation, now, clock, call),
        }
    }

    /// The counts of the window of `generation` at `now`.
    pub(crate) fn counts(&self, stripes: &Stripes, generation: u64, now: Nanos) -> Counts {
        match self {
            Self::None => Counts::default(),
            Self::Count(window) => window.counts(stripes, generation),
            Self::Time(window) => window.counts(stripes, generation, now),
        }
    }
}

/// Remembers under which tag all that rates divide by has reached `min_calls`, so that a success need not sum to know that it does
/// not matter.
#[derive(Debug)]
pub(crate) struct MinCalls {
    /// The tag's number; before the first, what is no tag's.
    reached: AtomicU64,
    min_calls: u64,
}

impl MinCalls {
    const UNREACHED: u64 = u64::MAX;

    pub(crate) fn new(min_calls: u64) -> Self {
        Self { reached: AtomicU64::new(Self::UNREACHED), min_calls }
    }

    pub(crate) fn fork(&self) -> Self {
        Self::new(self.min_calls)
    }

    /// Whether another success changes nothing.
    #[inline(always)]
    pub(crate) fn are_reached(&self, tag: Tag) -> bool {
        self.reached.load(Ordering::Relaxed) == tag.number()
    }

    /// Notes what is in.
    pub(crate) fn note(&self, tag: Tag, counts: &Counts) {
        let reached = counts.unthrottled() >= self.min_calls;
        self.reached.store(if reached { tag.number() } else { Self::UNREACHED }, Ordering::Relaxed);
    }

    /// Whether something that a rate divides by has reached `min_calls` between these counts.
    pub(crate) fn are_completed(&self, before: &Counts, after: &Counts) -> bool {
        let reaches = |of: fn(&Counts) -> u64| of(before) < self.min_calls && of(after) >= self.min_calls;
        reaches(|counts| counts.calls) || reaches(Counts::unthrottled)
    }
}
