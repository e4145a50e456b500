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
#[cfg(any(feature = "serde", test))]
use crate::state::window::saved::RUNS;
use crate::state::window::{FIRST_WORD, MinCalls};
use crate::sync::{Mutex, Ordering, fence};

const CALLS: usize = FIRST_WORD;

#[derive(Debug)]
pub(crate) struct CountWindow {
    min_calls: MinCalls,
    /// Boxed, so that circuits with another window are no heavier for it.
    log: Box<Mutex<Log>>,
}

impl CountWindow {
    pub(crate) const WORDS: usize = 1;

    /// The largest window: three bits a call.
    pub(crate) const MAX_LEN: u32 = 1 << 24;

    pub(crate) fn new(len: u32, min_calls: u64) -> Self {
        Self { min_calls: MinCalls::new(min_calls), log: Box::new(Mutex::new(Log::new(u64::from(len)))) }
    }

    pub(crate) fn fork(&self) -> Self {
        Self { min_calls: self.min_calls.fork(), log: Box::new(Mutex::new(Log::new(self.log.lock().ring.len))) }
    }

    /// How many results it holds.
    pub(crate) fn len(&self) -> u64 {
        self.log.lock().ring.len
    }

    #[inline(always)]
    pub(crate) fn record(&self, stripes: &Stripes, generation: u64, call: Recorded) -> Option<Counts> {
        let tag = Tag::new(generation);
        if call.is_bad() {
            return Some(self.mark(stripes, tag, call));
        }
        // Before the bump, so that of several threads that complete `min_calls` together at least one sees it done.
        let before = (!self.min_calls.are_reached(tag)).then(|| self.counts_under(stripes, tag));
        stripes.mine().bump(CALLS, tag);
        before.and_then(|before| self.complete(stripes, tag, &before))
    }

    #[inline(never)]
    fn complete(&self, stripes: &Stripes, tag: Tag, before: &Counts) -> Option<Counts> {
        // Between a thread's own counter and the sum, or two calls that race both miss that they complete `min_calls`.
        fence(Ordering::SeqCst);
        let counts = self.counts_under(stripes, tag);
        self.min_calls.note(tag, &counts);
        self.min_calls.are_completed(before, &counts).then_some(counts)
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
        self.min_calls.note(tag, &counts);
        counts
    }

    #[inline(never)]
    fn counts_under(&self, stripes: &Stripes, tag: Tag) -> Counts {
        let mut log = self.log.lock();
        let total = stripes.sum(CALLS, tag);
        log.slide(tag, total);
        log.counts(tag, total)
    }
}

#[cfg(any(feature = "serde", test))]
impl CountWindow {
    /// Runs of equal results, the newest first.
    pub(super) fn saved(&self, stripes: &Stripes, generation: u64) -> Vec<(u8, u64)> {
        let tag = Tag::new(generation);
        let mut log = self.log.lock();
        let total = stripes.sum(CALLS, tag);
        log.slide(tag, total);
        // A ring may be long: it is read after the lock.
        let ring = (log.tag == tag).then(|| (log.ring.clone(), log.newest));
        drop(log);
        ring.map_or_else(Vec::new, |(ring, newest)| ring.runs(newest))
    }

    /// Fills a generation in which nobody counts yet.
    pub(super) fn restore(&self, stripes: &Stripes, generation: u64, runs: &[(u8, u64)]) {
        let tag = Tag::new(generation);
        let mut log = self.log.lock();
        log.slide(tag, 0);
        let total = runs.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)).min(log.ring.len);
        let mut newest = total;
        for &(marks, count) in runs {
            let oldest = newest.saturating_sub(count);
            if marks > 0 {
                (oldest..newest).for_each(|place| log.ring.set(place + 1, [1, 2, 4].map(|mark| marks & mark > 0)));
            }
            newest = oldest;
        }
        log.newest = total;
        stripes.mine().put(CALLS, tag, total);
    }
}

/// Which of the last calls failed, which were throttled, and which were slow.
#[derive(Debug)]
struct Log {
    tag: Tag,
    /// The place of the newest call known here, counted from one.
    newest: u64,
    ring: Ring,
}

impl Log {
    fn new(len: u64) -> Self {
        Self { tag: Tag::new(0), newest: 0, ring: Ring::new(len) }
    }

    /// Moves on to the call number `total` of `tag`. All calls in between count as good ones.
    fn slide(&mut self, tag: Tag, total: u64) {
        if self.tag != tag && !tag.is_before(self.tag) {
            (self.tag, self.newest) = (tag, 0);
            self.ring.clear(0, u64::MAX);
        }
        if self.tag == tag {
            let new = total.wrapping_sub(self.newest) % Tag::MODULUS;
            self.ring.clear(self.newest + 1, new);
            self.newest += new;
        }
    }

    /// Marks the newest call.
    fn mark(&mut self, tag: Tag, call: Recorded) {
        if self.tag == tag {
            self.ring.set(self.newest, [call.failed, call.throttled, call.slow]);
        }
    }

    fn counts(&self, tag: Tag, total: u64) -> Counts {
        if self.tag != tag {
            return Counts::default();
        }
        let [failures, throttled, slow] = self.ring.ones;
        Counts { calls: total.min(self.ring.len), failures, throttled, slow, consecutive: 0 }
    }
}

/// How many kinds of marks there are.
const MARKS: usize = 3;

/// A ring of places, each with a bit for each kind of mark, that knows how many are set.
#[derive(Clone, Debug)]
struct Ring {
    words: Box<[[u64; MARKS]]>,
    len: u64,
    ones: [u64; MARKS],
}

impl Ring {
    fn new(len: u64) -> Self {
        Self { words: vec![[0; MARKS]; len.div_ceil(64) as usize].into(), len, ones: [0; MARKS] }
    }

    fn set(&mut self, place: u64, marks: [bool; MARKS]) {
        let bit = place % self.len;
        let words = &mut self.words[(bit / 64) as usize];
        for (kind, _) in marks.iter().enumerate().filter(|(_, mark)| **mark) {
            words[kind] |= 1 << (bit % 64);
            self.ones[kind] += 1;
        }
    }

    /// Runs of places with equal marks, from the place `newest` back; no more than are kept.
    #[cfg(any(feature = "serde", test))]
    fn runs(&self, newest: u64) -> Vec<(u8, u64)> {
        let marks = |place: u64| {
            let bit = place % self.len;
            let [failed, throttled, slow] = self.words[(bit / 64) as usize].map(|word| (word >> (bit % 64) & 1) as u8);
            failed | throttled << 1 | slow << 2
        };
        let mut runs: Vec<(u8, u64)> = Vec::new();
        for marks in (newest.saturating_sub(self.len) + 1..=newest).rev().map(marks) {
            let is_full = runs.len() == RUNS;
            match runs.last_mut() {
                Some((last, count)) if *last == marks => *count += 1,
                _ if is_full => break,
                _ => runs.push((marks, 1)),
            }
        }
        runs
    }

    /// Clears `count` places from `place` on.
    fn clear(&mut self, place: u64, count: u64) {
        if count >= self.len {
            self.words.fill([0; MARKS]);
            self.ones = [0; MARKS];
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
            for (word, ones) in self.words[(from / 64) as usize].iter_mut().zip(&mut self.ones) {
                *ones -= u64::from((*word & mask).count_ones());
                *word &= !mask;
            }
            from = end;
        }
    }
}
