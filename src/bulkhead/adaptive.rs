//! How a limit is found: its settings and its state.

use std::fmt;
use std::time::Duration;

use crate::call::Key;
use crate::error::ConfigError;
use crate::setting::Setting;
use crate::state::adaptive::{Aimd, Bounds, Gradient, LimitAlgorithm, Make, Round, Rounds, Sample, Vegas};
use crate::state::permits::Permits;
use crate::time::{Clock, Nanos};

/// Finds the limit of a bulkhead by what calls show of the service.
///
/// Given to [`adaptive`](crate::BulkheadBuilder::adaptive) of a bulkhead's builder, which has [the page](crate::bulkhead#adaptive-limits).
#[derive(Clone)]
#[must_use]
pub struct Adaptive {
    make: Make,
    holds_users: bool,
    min: usize,
    max: usize,
    round: Duration,
}

impl Adaptive {
    /// Shrinks the limit when calls take longer than usual, in proportion, and grows it by its square root otherwise.
    ///
    /// The algorithm to begin with: it needs no timeouts to see an overload, and follows a service that changes. It is `Gradient2`
    /// of Netflix' concurrency-limits, with changes.
    #[doc(alias = "Gradient2Limit")]
    pub fn gradient() -> Self {
        Self::of(Gradient::default, false)
    }

    /// Keeps the calls that wait in the service few, counted by how much longer calls take than they once did.
    ///
    /// For a service whose calls all take about as long: it finds lower limits, with less delay, and moves by small steps. The
    /// form is that of TCP Vegas.
    #[doc(alias = "VegasLimit")]
    pub fn vegas() -> Self {
        Self::of(Vegas::default, false)
    }

    /// Adds one to the limit in each round, and takes a tenth away when calls are dropped.
    ///
    /// It does not look at latencies, so put a timeout inside the bulkhead: without drops it grows as far as it is used.
    #[doc(alias = "AIMDLimit")]
    pub fn aimd() -> Self {
        Self::of(|| Aimd, false)
    }

    /// Finds the limit by an algorithm of your own.
    ///
    /// Each bulkhead gets one that `make` makes in `build`, and each key one that is made when its first round ends.
    /// See [`LimitAlgorithm`] for an example.
    pub fn by<A: LimitAlgorithm + Send + 'static>(make: impl Fn() -> A + Send + Sync + 'static) -> Self {
        Self::of(make, true)
    }

    fn of<A: LimitAlgorithm + Send + 'static>(make: impl Fn() -> A + Send + Sync + 'static, holds_users: bool) -> Self {
        Self { make: Make::new(make), holds_users, min: 1, max: 1_000, round: Duration::from_millis(100) }
    }

    /// Never sets the limit lower.
    ///
    /// At least 1. Raise it to what the service can surely take. Defaults to 1.
    #[doc(alias = "min_limit")]
    pub const fn min(mut self, limit: usize) -> Self {
        self.min = limit;
        self
    }

    /// Never sets the limit higher.
    ///
    /// At least `min`. Set it to what your own memory allows. Defaults to 1,000.
    #[doc(alias = "max_limit")]
    #[doc(alias = "max_concurrency")]
    pub const fn max(mut self, limit: usize) -> Self {
        self.max = limit;
        self
    }

    /// Changes the limit at most once in this time, apart from drops.
    ///
    /// A round ends when this time has passed and there were 10 successes. Raise it where calls take longer than this. Defaults to
    /// 100 ms.
    #[doc(alias = "window")]
    pub const fn round(mut self, duration: Duration) -> Self {
        self.round = duration;
        self
    }

    pub(super) fn check(&self, initial: usize) -> Result<(), ConfigError> {
        let Self { min, max, .. } = *self;
        ConfigError::unless(min >= 1, "min", min, "at least 1")?;
        ConfigError::unless(max >= min, "max", max, "at least `min`")?;
        ConfigError::unless((min..=max).contains(&initial), "max_concurrent", initial, "from `min` to `max`")
    }

    /// Begins at a limit. The settings were checked.
    pub(super) fn begin(self, initial: usize) -> Adapting {
        let Self { make, holds_users, min, max, round } = self;
        let clock = Clock::start();
        let bounds = Bounds { initial, min, max, round: round.into() };
        Adapting { rounds: Rounds::new(bounds, make, clock.now()), holds_users, clock }
    }
}

impl fmt::Debug for Adaptive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Adaptive");
        shown.field("min", &self.min).field("max", &self.max).field("round", &self.round).finish_non_exhaustive()
    }
}

/// What finds the limit of one bulkhead, and the clock that it goes by.
#[derive(Debug)]
pub(crate) struct Adapting {
    pub(super) rounds: Rounds,
    /// Whether the algorithm is the user's.
    holds_users: bool,
    clock: Clock,
}

impl Adapting {
    /// The same for a key, as new.
    pub(super) fn fork(&self, key: &Key) -> Self {
        Self { rounds: self.rounds.fork(key.now), holds_users: self.holds_users, clock: key.clock }
    }

    /// Its settings, as the registry shows them.
    pub(super) fn settings(&self) -> [Setting; 3] {
        let Bounds { min, max, round, .. } = self.rounds.bounds;
        [Setting::new("min", min), Setting::new("max", max), Setting::new("round", Duration::from(round))]
    }

    pub(super) const fn holds_users(&self) -> bool {
        self.holds_users
    }

    pub(super) fn hold_back(&self) {
        self.rounds.hold_back();
    }

    #[inline(always)]
    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Records the end of a call; `sample` says what it has shown by the time it took. Returns the limit if that has changed.
    #[inline(always)]
    pub(super) fn record(
        &self,
        permits: &Permits,
        since: Nanos,
        sample: impl FnOnce(Nanos) -> Sample,
    ) -> Option<usize> {
        let now = self.now();
        self.rounds.record(permits, sample(now.saturating_sub(since)), since, now)
    }

    pub(super) fn resize(&self, permits: &Permits, limit: usize) -> usize {
        self.rounds.resize(permits, limit)
    }

    pub(super) fn last_round(&self) -> Option<Round> {
        self.rounds.last()
    }
}
