//! The results that a member has had: all of them, and those of the last half minute.

use super::rules::SECOND;
use crate::outcome::Outcome;
use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::Stripes;
use crate::state::window::{FIRST_WORD, TimeWindow};
use crate::time::Nanos;

/// A member's own words in a stripe, before those of its window.
const CALLS: usize = 0;
const FAILURES: usize = 1;
const _: () = assert!(FAILURES < FIRST_WORD);

/// Over how long the success rate is taken, and in how many buckets.
const SPAN: Nanos = Nanos(30 * SECOND);
const BUCKETS: u32 = 10;

#[derive(Debug)]
pub(super) struct Results {
    window: TimeWindow,
    stripes: Stripes,
}

impl Results {
    pub(super) fn new() -> Self {
        // Without a least number of calls a window sums only for failures, and once a bucket.
        let window = TimeWindow::new(SPAN, BUCKETS, 0, false);
        Self { stripes: Stripes::new(FIRST_WORD + window.words()), window }
    }

    /// Counts a result for those who look.
    #[inline]
    pub(super) fn count(&self, failed: bool) {
        let mine = self.stripes.mine();
        mine.count(CALLS);
        if failed {
            mine.count(FAILURES);
        }
    }

    /// The calls and the failures that it has had.
    pub(super) fn totals(&self) -> (u64, u64) {
        let failures = self.stripes.total(FAILURES);
        (self.stripes.total(CALLS), failures)
    }

    /// Counts a result in the window of that generation.
    #[inline]
    pub(super) fn record(&self, generation: u32, failed: bool, now: Nanos) {
        let outcome = if failed { Outcome::Failed } else { Outcome::Success };
        self.window.record(&self.stripes, generation.into(), now, now, Recorded::of(outcome, false));
    }

    /// The counts of the window of that generation.
    pub(super) fn counts(&self, generation: u32, now: Nanos) -> Counts {
        self.window.counts(&self.stripes, generation.into(), now)
    }
}
