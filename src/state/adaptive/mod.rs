//! The limit of an adaptive bulkhead, found round by round.
//!
//! Calls add what they have shown to lines of their threads' own. The call that ends a round sums them, lets the algorithm
//! decide, and resizes the places. A round ends with the first call that ends when its time has passed and it has enough samples,
//! or with a drop, if the last decrease is at least one mean latency ago.
//!
//! Exact: of calls that end together, one ends the round; the sums of all rounds are those of all calls. Approximate: of a
//! sample that is being added while a round ends, the time may count in that round and the sample in the next, as may its part
//! in the most and the least. That is one sample a thread at most.

mod aimd;
mod base;
mod gradient;
mod round;
mod sums;
mod vegas;

use std::fmt;

pub(crate) use self::aimd::Aimd;
pub(crate) use self::gradient::Gradient;
pub use self::round::{LimitAlgorithm, Round};
pub(crate) use self::sums::Sample;
use self::sums::{Sums, Totals};
pub(crate) use self::vegas::Vegas;
use crate::state::permits::Permits;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// The samples that end a round when its time has passed.
const ENOUGH: u64 = 10;

/// An algorithm that decides.
pub(crate) struct Algorithm(Box<dyn LimitAlgorithm + Send>);

impl Algorithm {
    pub(crate) fn new(algorithm: impl LimitAlgorithm + Send + 'static) -> Self {
        Self(Box::new(algorithm))
    }
}

/// The bounds of a limit, and how it is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) initial: usize,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) round: Nanos,
}

#[derive(Debug)]
pub(crate) struct Rounds {
    bounds: Bounds,
    sums: Sums,
    /// When the round may end by time.
    ends_at: AtomicU64,
    /// The samples in all with which it may.
    enough: AtomicU64,
    decider: Mutex<Decider>,
}

/// What changes with a round.
#[derive(Debug)]
struct Decider {
    /// `None` while a call runs it.
    algorithm: Option<Algorithm>,
    limit: f64,
    /// The totals when the round began.
    begun: Totals,
    /// The mean of the last round with samples.
    mean: Nanos,
    decreased: Option<Nanos>,
    last: Option<Round>,
}

impl Rounds {
    pub(crate) fn new(bounds: Bounds, algorithm: Algorithm, now: Nanos) -> Self {
        let decider = Decider {
            algorithm: Some(algorithm),
            limit: real(bounds.initial),
            begun: Totals::default(),
            mean: Nanos(0),
            decreased: None,
            last: None,
        };
        Self {
            bounds,
            sums: Sums::new(),
            ends_at: AtomicU64::new(now.saturating_add(bounds.round).0),
            enough: AtomicU64::new(ENOUGH),
            decider: Mutex::new(decider),
        }
    }

    /// The same for a key, as new.
    pub(crate) fn fork(&self, algorithm: Algorithm, now: Nanos) -> Self {
        Self::new(self.bounds, algorithm, now)
    }

    /// Records the end of a call that was admitted at `since` and still holds its place.
    ///
    /// Returns the limit if that has changed: then [`grant`](Permits::grant) the places until nobody is left to wake.
    #[inline(always)]
    pub(crate) fn record(&self, permits: &Permits, sample: Sample, since: Nanos, now: Nanos) -> Option<usize> {
        self.sums.add(sample, now.saturating_sub(since), permits.taken());
        let may_end = sample == Sample::Drop || self.is_over(now, || self.sums.samples());
        if may_end { self.end_round(permits, sample, now) } else { None }
    }

    /// Sets the limit by hand, within its bounds. Returns it.
    pub(crate) fn resize(&self, permits: &Permits, limit: usize) -> usize {
        let limit = limit.clamp(self.bounds.min, self.bounds.max);
        let mut decider = self.decider.lock();
        decider.limit = real(limit);
        permits.resize(limit);
        limit
    }

    /// The last round after which the algorithm was asked.
    pub(crate) fn last(&self) -> Option<Round> {
        self.decider.lock().last
    }

    /// Whether the time of the round has passed, and it has enough samples.
    #[inline(always)]
    fn is_over(&self, now: Nanos, samples: impl FnOnce() -> u64) -> bool {
        now.0 >= self.ends_at.load(Ordering::Relaxed) && samples() >= self.enough.load(Ordering::Relaxed)
    }

    /// Ends the round, unless another call has. The algorithm may be the user's code, so it runs under no lock.
    #[cold]
    #[inline(never)]
    fn end_round(&self, permits: &Permits, sample: Sample, now: Nanos) -> Option<usize> {
        let (mut algorithm, round) = self.begin_next(sample, now)?;
        let wanted = algorithm.0.after(&round);
        let mut decider = self.decider.lock();
        decider.algorithm = Some(algorithm);
        decider.last = Some(round);
        // By hand meanwhile.
        if decider.limit.to_bits() != round.limit.to_bits() {
            return None;
        }
        let limit = self.bounds.bounded(&round, wanted);
        if limit < round.limit || round.drops > 0 {
            decider.decreased = Some(now);
        }
        decider.limit = limit;
        let (before, after) = (whole(round.limit), whole(limit));
        (before != after).then(|| {
            permits.resize(after);
            after
        })
    }

    /// Begins the next round, if this one ends. Returns what the algorithm is to be asked, and the algorithm.
    fn begin_next(&self, sample: Sample, now: Nanos) -> Option<(Algorithm, Round)> {
        let mut decider = self.decider.lock();
        let totals = self.sums.totals();
        let so_far = totals.since(decider.begun);
        let mean = so_far.mean().unwrap_or(decider.mean);
        let may_decrease = decider.decreased.is_none_or(|at| now >= at.saturating_add(mean));
        let is_over = sample == Sample::Drop && may_decrease || self.is_over(now, || totals.samples);
        if !is_over {
            return None;
        }
        // What was dropped soon after a decrease neither lets the limit grow nor decreases it again.
        let is_asked = so_far.drops == 0 || may_decrease;
        let algorithm = if is_asked { Some(decider.algorithm.take()?) } else { None };
        (decider.begun, decider.mean) = (totals, mean);
        self.ends_at.store(now.saturating_add(self.bounds.round).0, Ordering::Relaxed);
        self.enough.store(totals.samples.saturating_add(ENOUGH), Ordering::Relaxed);
        let (most, least) = self.sums.take_extremes();
        let mean = so_far.mean().unwrap_or_default();
        let round = Round {
            mean: mean.into(),
            min: least.min(mean).into(),
            samples: so_far.samples,
            drops: so_far.drops,
            max_in_flight: most,
            limit: decider.limit,
        };
        Some((algorithm?, round))
    }
}

impl Bounds {
    /// The limit after a round: no more than twice and no less than half of the one before, and no more where that was not used.
    fn bounded(&self, round: &Round, wanted: f64) -> f64 {
        let limit = round.limit;
        let wanted = if wanted.is_finite() { wanted } else { limit };
        let wanted = if round.is_used() { wanted } else { wanted.min(limit) };
        wanted.clamp(limit / 2.0, limit * 2.0).clamp(real(self.min), real(self.max))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a limit so large is as good as another")]
const fn real(limit: usize) -> f64 {
    limit as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a limit is at least 1, and saturates")]
const fn whole(limit: f64) -> usize {
    limit as usize
}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Algorithm")
    }
}
