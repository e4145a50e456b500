//! How long calls took: a histogram that threads write on lines of their own.
//!
//! Times are sorted into buckets that grow with the times in them: an octave, from one power of two of nanoseconds to the next, has
//! ten equal buckets in its lower half and seven in its upper half.
//!
//! Exact: how many there were, and their sum. Approximate: a quantile is the upper edge of its bucket, so it is at most 5 % more
//! than the time itself, between a microsecond and 68.7 seconds. Shorter times count as 1.024 microseconds, and longer ones as
//! 68.7 seconds. Bounded by `a_quantile_is_at_most_a_twentieth_above_that_of_all_times`.

use std::array;
use std::fmt;
use std::time::Duration;

use super::stripes::Stripes;
use crate::sync::{Ordering, fence};
use crate::time::Nanos;

/// The buckets of the lower half of an octave: each is a twentieth of the octave's lower edge wide.
const LOWER: usize = 10;

/// The buckets of its upper half: each is a fourteenth of that wide, less than a twentieth of its own lower edge.
const UPPER: usize = 7;

/// The first octave begins with 2 to the power of this many nanoseconds. One bucket holds what is shorter.
const FIRST: u32 = 10;

/// The first power of two that no octave reaches. One bucket holds what is longer. A model has one octave.
const END: u32 = if cfg!(all(loom, test)) { FIRST + 1 } else { 36 };

/// No quantile is longer. One that is this long may stand for times that are longer.
pub(crate) const LONGEST: Duration = Duration::from_nanos(1 << END);

const OCTAVES: usize = (END - FIRST) as usize;
const BUCKETS: usize = OCTAVES * (LOWER + UPPER) + 2;

/// The sum stands after the buckets.
const SUM: usize = BUCKETS;

/// With its sum it takes 3.5 KiB of each thread that records.
#[derive(Debug)]
pub(crate) struct Histogram(Stripes);

impl Histogram {
    pub(crate) fn new() -> Self {
        Self(Stripes::new(SUM + 2))
    }

    #[inline(always)]
    pub(crate) fn record(&self, time: Nanos) {
        let mine = self.0.mine();
        // Before the call itself, which releases it.
        mine.add_wide(SUM, time.0);
        mine.count(bucket(time.0));
    }

    pub(crate) fn read(&self) -> Durations {
        // No thread has recorded: most measures see their calls end in few of the ways.
        if self.0.each().next().is_none() {
            return Durations::none();
        }
        let mut durations = Durations::none();
        self.read_into(&mut durations);
        durations
    }

    /// Reads into what is there already, so that nothing is allocated.
    pub(crate) fn read_into(&self, durations: &mut Durations) {
        *durations.counts = array::from_fn(|bucket| self.0.total(bucket));
        // Pairs with the release in each count: who sees a call sees its time.
        fence(Ordering::Acquire);
        durations.sum = self.0.total_wide(SUM);
    }
}

/// The bucket of a time. Its upper edge is the longest time in it.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "there are few buckets")]
fn bucket(nanos: u64) -> usize {
    let below = nanos.saturating_sub(1);
    let Some(octave) = (below | 1).ilog2().checked_sub(FIRST) else { return 0 };
    if octave as usize >= OCTAVES {
        return BUCKETS - 1;
    }
    // Half of the octave is 2 to the power of this many nanoseconds.
    let half = octave + FIRST - 1;
    let into = below & ((1 << half) - 1);
    let (before, steps) = if below >> half & 1 == 0 { (0, LOWER) } else { (LOWER, UPPER) };
    1 + octave as usize * (LOWER + UPPER) + before + ((into * steps as u64) >> half) as usize
}

/// The place of a time in the [buckets](Durations::buckets) of Prometheus.
pub(crate) fn octave_of(time: Nanos) -> usize {
    bucket(time.0).div_ceil(LOWER + UPPER)
}

/// The longest time in a bucket, in nanoseconds; in the last, the longest of the last octave.
fn edge(bucket: usize) -> u64 {
    let (octave, step) = (bucket / (LOWER + UPPER), bucket % (LOWER + UPPER));
    let start = 1_u64 << FIRST << octave.min(OCTAVES);
    let half = start / 2;
    if octave >= OCTAVES || step == 0 {
        start
    } else if step <= LOWER {
        start + (half * step as u64).div_ceil(LOWER as u64)
    } else {
        start + half + (half * (step - LOWER) as u64).div_ceil(UPPER as u64)
    }
}

/// How long calls took, as it was when it was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Durations {
    counts: Box<[u64; BUCKETS]>,
    sum: u128,
}

impl Durations {
    pub(crate) fn none() -> Self {
        Self { counts: Box::new([0; BUCKETS]), sum: 0 }
    }

    /// Both together.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.counts.iter_mut().zip(&*other.counts).for_each(|(count, other)| *count += other);
        self.sum += other.sum;
        self
    }

    /// How many calls there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of their times. It is exact, but for calls that end at this moment.
    pub fn sum(&self) -> Duration {
        duration(self.sum)
    }

    /// The mean of their times, or `None` without a call.
    pub fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count().into()).map(duration)
    }

    /// The time within which this share of the calls ended, or `None` without a call.
    ///
    /// `share` is from 0, the shortest time, to 1, the longest: 0.99 is what is called p99. Outside of that it returns `None`. The
    /// result is at most 5 % too long. Times below a microsecond count as 1.024 microseconds, and times above 68.7 seconds as
    /// 68.7 seconds.
    #[doc(alias = "percentile")]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        quantile(self.counts.iter().copied(), share, 1)
    }

    /// The same of the calls after an earlier reading, if there were at least so many.
    pub(crate) fn quantile_since(&self, earlier: &Self, share: f64, least: u64) -> Option<Duration> {
        let counts = self.counts.iter().zip(&*earlier.counts).map(|(count, earlier)| count - earlier);
        quantile(counts, share, least)
    }

    /// Becomes the same as another, in its own place.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        *self.counts = *other.counts;
        self.sum = other.sum;
    }

    /// How many calls took at most so long, for each power of two of nanoseconds from 1.024 microseconds to 68.7 seconds, and at
    /// last without a limit.
    ///
    /// These are the buckets of a Prometheus histogram. Their edges never change.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> {
        let mut count = 0;
        let octaves = (0..=OCTAVES).map(|octave| (Some(octave), octave * (LOWER + UPPER)));
        octaves.chain([(None, BUCKETS - 1)]).scan(0, move |next, (octave, last)| {
            count += self.counts[*next..=last].iter().sum::<u64>();
            *next = last + 1;
            Some(Bucket { le: octave.map(|octave| Duration::from_nanos(1 << FIRST << octave)), count })
        })
    }
}

/// The upper edge of the bucket in which this share of at least so many calls has ended.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 calls")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of the calls")]
fn quantile(mut counts: impl Iterator<Item = u64> + Clone, share: f64, least: u64) -> Option<Duration> {
    let all: u64 = counts.clone().sum();
    if all < least || !(0.0..=1.0).contains(&share) {
        return None;
    }
    let rank = ((all as f64 * share).ceil() as u64).max(1);
    let mut so_far = 0;
    let ends = |count: u64| {
        so_far += count;
        so_far >= rank
    };
    counts.position(ends).map(|bucket| Duration::from_nanos(edge(bucket)))
}

#[expect(clippy::cast_possible_truncation, reason = "2^64 seconds do not pass")]
fn duration(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    Duration::new((nanos / SECOND) as u64, (nanos % SECOND) as u32)
}

impl fmt::Debug for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Durations");
        shown.field("count", &self.count()).field("mean", &self.mean()).finish_non_exhaustive()
    }
}

/// A bucket of a Prometheus histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bucket {
    /// The longest time in it; `None` for the last, which has no limit.
    pub le: Option<Duration>,
    /// How many calls took at most so long: also those of the buckets before.
    pub count: u64,
}
