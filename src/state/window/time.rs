//! The results of a span of time, in buckets.
//!
//! A bucket is a few counters in each stripe, tagged with the bucket's number, so that old buckets expire by themselves.
//! The number jumps past the window with each generation, so what a straggler of an earlier generation writes has expired.
//!
//! Exact in what it counts: nothing is lost, nothing is counted twice. Approximate in time, by one bucket: the window
//! reaches back nine whole buckets (of ten) and the part of its own that has passed, bounded by
//! `a_result_is_held_until_its_bucket_is_ten_buckets_old`. Of calls that end at the same moment on several threads, the first to
//! sum may miss the others, and the last sees all: bounded by the models
//! `failures_in_a_time_window_that_trip_together_trip_once` and
//! `nothing_is_lost_or_counted_twice_while_a_bucket_turns_over`.

#![expect(clippy::cast_possible_truncation, reason = "buckets are few")]

use std::time::Duration;

use crate::error::ConfigError;
use crate::state::counts::{Counts, Recorded};
use crate::state::stripes::{Stripes, Tag};
#[cfg(any(feature = "serde", test))]
use crate::state::window::buckets_ago;
use crate::state::window::{FIRST_WORD, MinCalls};
use crate::sync::{Ordering, fence};
use crate::time::{Nanos, Now};

const CALLS: usize = 0;
const FAILURES: usize = 1;
const THROTTLED: usize = 2;
/// Only where slow calls are counted.
const SLOW: usize = 3;

#[derive(Debug)]
pub(crate) struct TimeWindow {
    width: Nanos,
    buckets: u64,
    counts_slow: bool,
    min_calls: MinCalls,
}

impl TimeWindow {
    /// Divides `span` into `buckets`, neither of them zero.
    pub(crate) fn new(span: Nanos, buckets: u32, min_calls: u64, counts_slow: bool) -> Self {
        let buckets = u64::from(buckets);
        Self { width: Nanos(span.0 / buckets), buckets, counts_slow, min_calls: MinCalls::new(min_calls) }
    }

    /// Says whether a window can be divided so.
    pub(crate) fn check(span: Duration, buckets: u32) -> Result<(), ConfigError> {
        ConfigError::unless((1..=1000).contains(&buckets), "time_window", buckets, "of 1 to 1,000 buckets")?;
        let fine = span / buckets >= Duration::from_millis(1);
        let value = format_args!("{span:?} in {buckets} buckets");
        ConfigError::unless(fine, "time_window", value, "at least a millisecond a bucket")
    }

    pub(crate) fn fork(&self) -> Self {
        Self { min_calls: self.min_calls.fork(), ..*self }
    }

    /// For how long it holds a result.
    pub(crate) const fn span(&self) -> Nanos {
        Nanos(self.width.0 * self.buckets)
    }

    pub(crate) const fn buckets(&self) -> u64 {
        self.buckets
    }

    const fn words_per_bucket(&self) -> usize {
        if self.counts_slow { SLOW + 1 } else { SLOW }
    }

    pub(crate) fn words(&self) -> usize {
        self.buckets as usize * self.words_per_bucket()
    }

    #[inline(always)]
    pub(crate) fn record(
        &self,
        stripes: &Stripes,
        generation: u64,
        now: Nanos,
        clock: impl Now,
        call: Recorded,
    ) -> Option<Counts> {
        let bucket = self.bucket(generation, now);
        if !call.is_bad() && self.min_calls.are_reached(bucket.tag()) {
            self.bump(stripes, bucket, call);
            return None;
        }
        // Before the bump, so that of several threads that complete `min_calls` together at least one sees it done.
        let before = (!call.is_bad()).then(|| self.counts_at(stripes, bucket));
        self.bump(stripes, bucket, call);
        // Between a thread's own counters and the sum, or two failures that race both miss that they trip; it pairs with itself
        // on the other thread. The clock is read again, because the other may have counted in the bucket after this one.
        fence(Ordering::SeqCst);
        let bucket = self.bucket(generation, clock.now().max(now));
        let counts = self.counts_at(stripes, bucket);
        self.min_calls.note(bucket.tag(), &counts);
        before.is_none_or(|before| self.min_calls.are_completed(&before, &counts)).then_some(counts)
    }

    pub(crate) fn counts(&self, stripes: &Stripes, generation: u64, now: Nanos) -> Counts {
        self.counts_at(stripes, self.bucket(generation, now))
    }

    #[inline(never)]
    fn counts_at(&self, stripes: &Stripes, newest: Bucket) -> Counts {
        let mut counts = Counts::NONE;
        for stripe in stripes.each() {
            for bucket in (0..self.buckets).map(|age| newest.earlier(age)) {
                let read = |kind| bucket.tag().read(stripe.word(self.word(bucket, kind)));
                // Calls last, because they are counted first: no sum holds a failure without its call.
                counts.failures += read(FAILURES);
                counts.throttled += read(THROTTLED);
                if self.counts_slow {
                    counts.slow += read(SLOW);
                }
                counts.calls += read(CALLS);
            }
        }
        counts
    }

    #[inline(always)]
    fn bump(&self, stripes: &Stripes, bucket: Bucket, call: Recorded) {
        stripes.mine().bump(self.word(bucket, CALLS), bucket.tag());
        if call.is_bad() {
            self.bump_bad(stripes, bucket, call);
        }
    }

    #[inline(never)]
    fn bump_bad(&self, stripes: &Stripes, bucket: Bucket, call: Recorded) {
        let bump = |kind| stripes.mine().bump(self.word(bucket, kind), bucket.tag());
        if call.failed {
            bump(FAILURES);
        }
        if call.throttled {
            bump(THROTTLED);
        }
        if call.slow && self.counts_slow {
            bump(SLOW);
        }
    }

    fn bucket(&self, generation: u64, now: Nanos) -> Bucket {
        Bucket((now.0 / self.width.0).wrapping_add(generation.wrapping_mul(2 * self.buckets)))
    }

    fn word(&self, bucket: Bucket, kind: usize) -> usize {
        FIRST_WORD + (bucket.0 % self.buckets) as usize * self.words_per_bucket() + kind
    }
}

#[cfg(any(feature = "serde", test))]
impl TimeWindow {
    /// How long ago each bucket with results began, and its counts.
    pub(super) fn saved(&self, stripes: &Stripes, generation: u64, now: Nanos) -> Vec<(Nanos, [u64; 4])> {
        let newest = self.bucket(generation, now);
        let of = |ago: u64| {
            let bucket = newest.earlier(ago);
            let sum = |kind| stripes.sum(self.word(bucket, kind), bucket.tag());
            // Calls last, as in `counts_at`.
            let (failures, throttled) = (sum(FAILURES), sum(THROTTLED));
            let slow = if self.counts_slow { sum(SLOW) } else { 0 };
            (Nanos(now.0 % self.width.0 + ago * self.width.0), [sum(CALLS), failures, throttled, slow])
        };
        (0..self.buckets).map(of).filter(|(_, [calls, ..])| *calls > 0).collect()
    }

    /// Fills a generation in which nobody counts yet.
    pub(super) fn restore(
        &self,
        stripes: &Stripes,
        generation: u64,
        now: Nanos,
        saved: &[(Nanos, [u64; 4])],
        age: Nanos,
    ) {
        let newest = self.bucket(generation, now);
        for &(began, counts) in saved {
            let ago = buckets_ago(began.saturating_add(age), Nanos(now.0 % self.width.0), self.width);
            if ago < self.buckets {
                let bucket = newest.earlier(ago);
                for (kind, count) in counts.into_iter().enumerate().take(self.words_per_bucket()) {
                    stripes.mine().put(self.word(bucket, kind), bucket.tag(), count);
                }
            }
        }
    }
}

/// The number of a bucket since the circuit was built, ahead by two windows for each generation: one more than is remembered,
/// because the clock of a straggler may be ahead of a reader's.
#[derive(Clone, Copy, Debug)]
struct Bucket(u64);

impl Bucket {
    const fn tag(self) -> Tag {
        Tag::new(self.0)
    }

    const fn earlier(self, age: u64) -> Self {
        Self(self.0.wrapping_sub(age))
    }
}
