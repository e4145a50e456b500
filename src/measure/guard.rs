//! The guard of one call, and what it shares with services and handles.

use tokio::time::Instant;

use super::exemplars::{Exemplars, NoTrace, Trace};
use crate::cached_arc::{CachedArc, cached};
use crate::call::{Guard, Instance, Key, LimitState};
use crate::context;
use crate::error::{Rejection, RejectionReason};
use crate::objective::Feed;
use crate::outcome::Outcome;
use crate::registry::{Exemplar, Gauges, Measuring, Times};
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::calls::{Calls, Ended};
use crate::state::counts::share;
use crate::state::histogram::Durations;
use crate::state::keys::Retention;
use crate::sync::Arc;
use crate::time;

/// What one instance has counted.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(super) calls: Calls,
    /// `None` where requests have no traces.
    pub(super) exemplars: Option<Exemplars>,
    /// What it feeds, unless that is nothing.
    pub(super) objective: Option<Arc<Feed>>,
}

pub(super) type Core = Instance<Measuring<Counted>>;

cached!(Core, unless key.is_some());

impl Counted {
    pub(super) fn new(keeps_exemplars: bool, objective: Option<Arc<Feed>>) -> Self {
        Self { calls: Calls::new(), exemplars: keeps_exemplars.then(Exemplars::default), objective }
    }

    /// Another of the same, which has counted nothing.
    pub(super) fn fork(&self) -> Self {
        Self::new(self.exemplars.is_some(), self.objective.clone())
    }

    #[inline(always)]
    fn end(&self, ended: Ended, reason: Option<RejectionReason>, began: Instant, trace: Trace) {
        let now = time::now();
        let took = now.saturating_duration_since(began);
        if let Some(objective) = &self.objective {
            objective.end(ended, reason, took.into(), now);
        }
        self.calls.end(ended, took.into());
        if let (Some(exemplars), Some(trace)) = (&self.exemplars, trace) {
            exemplars.keep(ended, trace, took);
        }
    }
}

/// How a call ends that is dropped now, unsettled.
pub(super) fn dropped() -> Ended {
    if context::expired_limit().is_some() { Ended::Failure } else { Ended::Abandoned }
}

impl Times for Counted {
    fn of(&self, ended: Ended) -> Durations {
        self.calls.of(ended)
    }

    fn exemplars(&self, ended: Ended) -> Vec<Exemplar> {
        self.exemplars.as_ref().map_or_else(Vec::new, |all| all.of(ended))
    }
}

impl LimitState for Measuring<Counted> {
    const KIND: Kind = Kind::Measure;

    fn fork(&self, _: &Key) -> Self {
        self.another(Counted::fork(self))
    }

    /// A key keeps its place, because totals must not fall.
    fn retention(&self) -> Retention {
        Retention::Used
    }

    fn settings(this: &Core) -> Vec<Setting> {
        let objective = this.objective.as_ref().map(|objective| objective.name().as_str());
        vec![Setting::new("exemplar", this.exemplars.is_some()), Setting::new("objective", objective)]
    }

    fn snapshot(this: &Core) -> Vec<Setting> {
        let answered = this.calls.of(Ended::Success);
        vec![
            Setting::new("in_flight", this.calls.in_flight()),
            Setting::new("successes", answered.count()),
            Setting::new("p50", answered.quantile(0.5)),
            Setting::new("p99", answered.quantile(0.99)),
        ]
    }

    fn gauges(this: &Core, gauges: &mut Gauges) {
        gauges.add_total("in_flight", this.calls.in_flight());
    }

    /// The share of failures beside successes.
    fn trouble(this: &Core) -> f64 {
        let failures = this.calls.of(Ended::Failure).count();
        if failures == 0 { 0.0 } else { share(failures, failures + this.calls.of(Ended::Success).count()) }
    }
}

/// Measures one call, until it is settled or dropped.
///
/// A guard that is dropped unsettled ends its call as [`Abandoned`](Ended::Abandoned). Where a
/// [`TimeoutLayer`](crate::TimeoutLayer) cuts the call short at its own limit, or the inner service panicked, it ends as
/// [`Failure`](Ended::Failure).
///
/// # Examples
///
/// Code that is no `Service`:
///
/// ```
/// use palisade::{MeasureLayer, Outcome, measure::Ended};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let measure = MeasureLayer::new("query")?.handle();
/// let call = measure.begin();
/// call.settle(Outcome::Success);
/// assert_eq!(measure.of(Ended::Success).count(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped abandons its call"]
pub struct MeasureGuard<T: Copy + Into<Trace> = NoTrace> {
    /// It is empty once the call is settled.
    core: CachedArc<Core>,
    began: Instant,
    trace: T,
}

impl<T: Copy + Into<Trace>> MeasureGuard<T> {
    #[inline(always)]
    pub(super) fn begin(core: &CachedArc<Core>, trace: T) -> Self {
        let core = core.clone();
        core.calls.begin();
        Self { core, began: time::now(), trace }
    }

    /// Ends the call by what its result means.
    #[inline(always)]
    pub fn settle(mut self, outcome: Outcome) {
        self.end(outcome.into(), None);
    }

    #[inline(always)]
    fn end(&mut self, ended: Ended, reason: Option<RejectionReason>) {
        if let Some(core) = self.core.take() {
            core.end(ended, reason, self.began, self.trace.into());
        }
    }

    /// Ends a call that was dropped unsettled.
    #[cold]
    #[inline(never)]
    fn end_dropped(&mut self) {
        self.end(dropped(), None);
    }
}

impl<T: Copy + Into<Trace>> Guard for MeasureGuard<T> {
    /// It counts, and frees nothing that the next call takes.
    const OUTLIVES_CALL: bool = false;

    fn panicked(&mut self) {
        self.end(Ended::Failure, None);
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        self.settle(outcome);
    }

    fn unsent(mut self, rejection: Option<Rejection>) {
        self.end(Ended::Rejected, rejection.map(Rejection::reason));
    }
}

impl<T: Copy + Into<Trace>> Drop for MeasureGuard<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.core.is_taken() {
            self.end_dropped();
        }
    }
}
