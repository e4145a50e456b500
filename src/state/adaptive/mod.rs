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
#[cfg(any(feature = "serde", test))]
mod saved;
mod sums;
mod vegas;

use std::sync::Arc;
use std::{fmt, mem, thread};

pub(crate) use self::aimd::Aimd;
pub(crate) use self::gradient::Gradient;
pub use self::round::{LimitAlgorithm, Round};
pub(crate) use self::sums::Sample;
use self::sums::{Sums, Totals};
pub(crate) use self::vegas::Vegas;
use crate::state::permits::Permits;
use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// The samples that end a round when its time has passed.
const ENOUGH: u64 = 10;

/// An algorithm that decides.
struct Algorithm(Box<dyn LimitAlgorithm + Send>);

/// Makes the algorithm of a limit.
#[derive(Clone)]
pub(crate) struct Make(Arc<dyn Fn() -> Algorithm + Send + Sync>);

impl Make {
    pub(crate) fn new<A: LimitAlgorithm + Send + 'static>(make: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || Algorithm(Box::new(make()))))
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
    pub(crate) bounds: Bounds,
    sums: Sums,
    /// When the round may end by time.
    ends_at: AtomicU64,
    /// The samples in all with which it may.
    enough: AtomicU64,
    /// Whether it has held a call back.
    held_back: AtomicBool,
    make: Make,
    decider: Mutex<Decider>,
}

/// What changes with a round.
#[derive(Debug)]
struct Decider {
    /// `None` while a call asks it, and of a key until one first does.
    algorithm: Option<Algorithm>,
    /// Whether a call asks it. It stays so when the algorithm has panicked.
    is_asked: bool,
    limit: f64,
    /// Whether the limit was set by hand since the round began.
    by_hand: bool,
    /// The totals when the round began.
    begun: Totals,
    /// The mean of the last round with samples.
    mean: Nanos,
    decreased: Option<Nanos>,
    last: Option<Round>,
}

impl Rounds {
    pub(crate) fn new(bounds: Bounds, make: Make, now: Nanos) -> Self {
        let algorithm = (make.0)();
        Self::with(bounds, make, Some(algorithm), now)
    }

    /// The same for a key, as new. A map makes it under a lock, so its first round makes the algorithm.
    pub(crate) fn fork(&self, now: Nanos) -> Self {
        Self::with(self.bounds, self.make.clone(), None, now)
    }

    fn with(bounds: Bounds, make: Make, algorithm: Option<Algorithm>, now: Nanos) -> Self {
        let decider = Decider {
            algorithm,
            is_asked: false,
            limit: real(bounds.initial),
            by_hand: false,
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
            held_back: AtomicBool::new(false),
            make,
            decider: Mutex::new(decider),
        }
    }

    /// Notes that a call found no place.
    pub(crate) fn hold_back(&self) {
        // Most often it is noted already, and then no thread writes.
        if !self.held_back.load(Ordering::Relaxed) {
            self.held_back.store(true, Ordering::Relaxed);
        }
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
        (decider.limit, decider.by_hand) = (real(limit), true);
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

    /// Ends the round, unless another call has. The algorithm may be the user's code, so it is made and runs under no lock.
    #[cold]
    #[inline(never)]
    fn end_round(&self, permits: &Permits, sample: Sample, now: Nanos) -> Option<usize> {
        // An algorithm that panics too would end the process.
        if thread::panicking() {
            return None;
        }
        let (algorithm, round) = self.begin_next(sample, now)?;
        let mut algorithm = algorithm.unwrap_or_else(|| (self.make.0)());
        let wanted = algorithm.0.after(&round);
        let mut decider = self.decider.lock();
        (decider.algorithm, decider.is_asked) = (Some(algorithm), false);
        decider.last = Some(round);
        // Meanwhile.
        if decider.by_hand {
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

    /// Begins the next round, if this one ends. Returns what the algorithm is to be asked, and the algorithm if it is made.
    fn begin_next(&self, sample: Sample, now: Nanos) -> Option<(Option<Algorithm>, Round)> {
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
        let asks = so_far.drops == 0 || may_decrease;
        self.ends_at.store(now.saturating_add(self.bounds.round).0, Ordering::Relaxed);
        // The round goes on while the algorithm thinks about the last.
        if asks && mem::replace(&mut decider.is_asked, true) {
            return None;
        }
        self.enough.store(totals.samples.saturating_add(ENOUGH), Ordering::Relaxed);
        (decider.begun, decider.mean) = (totals, mean);
        let (most, least) = self.sums.take_extremes();
        let mean = so_far.mean().unwrap_or_default();
        let round = Round {
            mean: mean.into(),
            min: least.min(mean).into(),
            samples: so_far.samples,
            drops: so_far.drops,
            max_in_flight: most,
            limit: decider.limit,
            held_back: self.held_back.swap(false, Ordering::Relaxed),
            by_hand: asks && mem::take(&mut decider.by_hand),
        };
        asks.then(|| (decider.algorithm.take(), round))
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

impl fmt::Debug for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Make")
    }
}
