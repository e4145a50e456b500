//! The last n results.
//!
//! A success only bumps its stripe's counter. A failure or a slow call takes the lock, sums the counters to learn its place
//! in the order of all calls, and marks that place in a ring of n bits; the places that successes took since the last mark
//! are cleared on the way. So the window slides with each call, and only bad calls pay.
//!
//! Exact where calls come one after another. Calls that end at the same moment are put in some order: a failure's
//! position may be off by the number of results recorded concurrently; none is lost. Bounded by
//! `a_failure_is_off_by_at_most_the_results_recorded_beside_it`.

#![expect(clippy::cast_possible_truncation, reason = "a window fits into memory")]

use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::{Stripes, Tag};
use crate::state::window::{FIRST_WORD, MinCalls};
use crate::sync::{Mutex, Ordering, fence};

const CALLS: usize = FIRST_WORD;

#[derive(Debug)]
pub(crate) struct CountWindow {
    min_calls: MinCalls,
    log: Mutex<Log>,
}

impl CountWindow {
    pub(crate) const WORDS: usize = 1;

    /// The largest window: two bits a call.
    pub(crate) const MAX_LEN: u32 = 1 << 24;

    pub(crate) fn new(len: u32, min_calls: u64) -> Self {
        Self { min_calls: MinCalls::new(min_calls), log: Mutex::new(Log::new(u64::from(len))) }
    }

    pub(crate) fn fork(&self) -> Self {
        Self { min_calls: self.min_calls.fork(), log: Mutex::new(Log::new(self.log.lock().failures.len)) }
    }

    #[inline(always)]
    pub(crate) fn record(&self, stripes: &Stripes, generation: u64, call: Recorded) -> Option<Counts> {
        let tag = Tag::new(generation);
        if call.is_bad() {
            return Some(self.mark(stripes, tag, call));
        }
        // Before the bump, so that of several threads that complete `min_calls` together at least one sees it done.
        let short = self.min_calls.is_short(tag, || stripes.sum(CALLS, tag));
        stripes.mine().bump(CALLS, tag);
        if !short {
            return None;
        }
        // Between a thread's own counter and the sum, or two calls that race both miss that they complete `min_calls`.
        fence(Ordering::SeqCst);
        let enough = self.min_calls.reach(tag, stripes.sum(CALLS, tag));
        enough.then(|| self.counts_under(stripes, tag))
    }

    pub(crate) fn counts(&self, stripes: &Stripes, generation: u64) -> Counts {
        self.counts_under(stripes, Tag::new(generation))
    }

    #[inline(never)]
    fn mark(&self, stripes: &Stripes, tag: Tag, call: Recorded) -> Counts {
        let mut log = self.log.lock();
        stripes.mine().bump(CALLS, tag);
        // Pairs with the fence of a success: one of the two sees both.
        fence(Ordering::SeqCst);
        let total = stripes.sum(CALLS, tag);
        log.slide(tag, total);
        log.mark(tag, call);
        let counts = log.counts(tag, total);
        drop(log);
        self.min_calls.reach(tag, counts.calls);
        counts
    }

    fn counts_under(&self, stripes: &Stripes, tag: Tag) -> Counts {
        let mut log = self.log.lock();
        let total = stripes.sum(CALLS, tag);
        log.slide(tag, total);
        log.counts(tag, total)
    }
}

/// Which of the last calls failed, and which were slow.
#[derive(Debug)]
struct Log {
    tag: Tag,
    /// The place of the newest call known here, counted from one.
    newest: u64,
    failures: Ring,
    slow: Ring,
}

impl Log {
    fn new(len: u64) -> Self {
        Self { tag: Tag::new(0), newest: 0, failures: Ring::new(len), slow: Ring::new(len) }
    }

    /// Moves on to the call number `total` of `tag`. All calls in between count as good ones.
    fn slide(&mut self, tag: Tag, total: u64) {
        if self.tag != tag && !tag.is_before(self.tag) {
            (self.tag, self.newest) = (tag, 0);
            self.failures.clear(0, u64::MAX);
            self.slow.clear(0, u64::MAX);
        }
        if self.tag == tag {
            let new = total.wrapping_sub(self.newest) % Tag::MODULUS;
            self.failures.clear(self.newest + 1, new);
            self.slow.clear(self.newest + 1, new);
            self.newest += new;
        }
    }

    /// Marks the newest call.
    fn mark(&mut self, tag: Tag, call: Recorded) {
        if self.tag == tag && call.outcome.is_failure() {
            self.failures.set(self.newest);
        }
        if self.tag == tag && call.slow {
            self.slow.set(self.newest);
        }
    }

    fn counts(&self, tag: Tag, total: u64) -> Counts {
        if self.tag != tag {
            return Counts::default();
        }
        let calls = total.min(self.failures.len);
        Counts { calls, failures: self.failures.ones, slow: self.slow.ones, consecutive: 0 }
    }
}

/// A ring of bits that knows how many are set.
#[derive(Debug)]
struct Ring {
    words: Box<[u64]>,
    len: u64,
    ones: u64,
}

impl Ring {
    fn new(len: u64) -> Self {
        Self { words: vec![0; len.div_ceil(64) as usize].into(), len, ones: 0 }
    }

    fn set(&mut self, place: u64) {
        let bit = place % self.len;
        self.words[(bit / 64) as usize] |= 1 << (bit % 64);
        self.ones += 1;
    }

    /// Clears `count` places from `place` on.
    fn clear(&mut self, place: u64, count: u64) {
        if count >= self.len {
            self.words.fill(0);
            self.ones = 0;
            return;
        }
        let from = place % self.len;
        let to = from + count;
        self.clear_between(from, to.min(self.len));
        self.clear_between(0, to.saturating_sub(self.len));
    }

    fn clear_between(&mut self, mut from: u64, to: u64) {
        while from < to {
            let end = to.min((from / 64 + 1) * 64);
            let mask = u64::MAX >> (64 - (end - from)) << (from % 64);
            let word = &mut self.words[(from / 64) as usize];
            self.ones -= u64::from((*word & mask).count_ones());
            *word &= !mask;
            from = end;
        }
    }
}
