//! The results that a closed circuit remembers.

mod count;
mod time;

pub(crate) use self::count::CountWindow;
pub(crate) use self::time::TimeWindow;
use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::{Stripes, Tag};
use crate::sync::{AtomicU64, Ordering};
use crate::time::{Nanos, Now};

/// Where the words of a window begin in a stripe; those before it are for what owns the window.
pub(crate) const FIRST_WORD: usize = 2;

#[derive(Debug)]
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
    /// That is after each failure and each slow call, and after the success that completes `min_calls`. The call ended at
    /// `now`; the time window reads the clock once more, after the fence that lets it see what others counted meanwhile.
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

/// Remembers under which tag `min_calls` were reached, so that a success need not sum to know that it does not matter.
///
/// Under one tag nothing expires, so what was once reached stays reached.
#[derive(Debug)]
pub(crate) struct MinCalls {
    /// The tag's number; before the first, what is no tag's.
    reached: AtomicU64,
    min_calls: u64,
}

impl MinCalls {
    pub(crate) fn new(min_calls: u64) -> Self {
        Self { reached: AtomicU64::new(u64::MAX), min_calls }
    }

    pub(crate) fn fork(&self) -> Self {
        Self::new(self.min_calls)
    }

    /// Whether fewer than `min_calls` are in; sums only where it is not known.
    #[inline(always)]
    pub(crate) fn is_short(&self, tag: Tag, sum: impl FnOnce() -> u64) -> bool {
        self.reached.load(Ordering::Relaxed) != tag.number() && !self.reach(tag, sum())
    }

    /// Notes how many calls are in; returns whether they are enough.
    pub(crate) fn reach(&self, tag: Tag, calls: u64) -> bool {
        let enough = calls >= self.min_calls;
        if enough {
            self.reached.store(tag.number(), Ordering::Relaxed);
        }
        enough
    }
}
