//! Records calls, and says how the objective stands.

use std::time::Duration;

use super::shared::{Core, Feed};
use super::snapshot::IndicatorSnapshot;
use crate::cached_arc::CachedArc;
use crate::name::Name;
use crate::outcome::Outcome;
use crate::registry::Row;
use crate::state::history::Figures;
use crate::state::objective::{BurnWindow, Call, Indicator, Seen};
use crate::sync::Arc;
use crate::time;

/// How good calls shall be, and how good they are.
///
/// Cheap to clone; all clones are one objective. It is fed by a measure or by [`record`](Self::record).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use palisade::{Objective, Outcome};
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let objective = Objective::builder("checkout").availability(0.99).latency(0.95, Duration::from_millis(200)).build()?;
/// for _ in 0..199 {
///     objective.record(Outcome::Success, Duration::from_millis(20));
/// }
/// objective.record(Outcome::Failed, Duration::from_millis(5));
///
/// let availability = objective.availability().expect("it has this target");
/// assert_eq!((availability.asked, availability.bad, availability.success_rate), (200, 1, Some(0.995)));
/// assert_eq!((availability.used, availability.left), (0.5, 0.5));
/// assert!(objective.is_met());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Objective {
    pub(super) core: CachedArc<Core>,
}

impl Objective {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.feed.name()
    }

    /// Records a call that no measure sees: what its result means, and how long it took.
    ///
    /// A success is good, and fast if it took no longer than the limit. [`Outcome::Ignored`] is not asked. All else is bad: so record a
    /// call that was rejected or timed out as [`Outcome::Transient`], and none that its caller abandoned.
    pub fn record(&self, outcome: Outcome, took: Duration) {
        self.core.feed.end(outcome.into(), None, took.into(), time::now());
    }

    /// Records that a caller got another answer in place of the service's, such as an old one.
    ///
    /// It is counted by itself: the call was recorded as what the service made of it.
    pub fn record_degraded(&self) {
        self.row().count(Call::DEGRADED);
    }

    /// How many answers were other ones than the service's, of all objectives of this name in its registry.
    pub fn degraded(&self) -> u64 {
        self.row().total(Call::DEGRADED)
    }

    /// Whether calls succeed; `None` without this target.
    pub fn availability(&self) -> Option<IndicatorSnapshot> {
        self.snapshot(Indicator::Availability)
    }

    /// Whether those that succeed are fast enough; `None` without this target.
    pub fn latency(&self) -> Option<IndicatorSnapshot> {
        self.snapshot(Indicator::Latency)
    }

    /// The indicator that has used most of what may be bad. Of two that have used as much, availability.
    pub fn worst(&self) -> IndicatorSnapshot {
        IndicatorSnapshot::of(&self.core.worst())
    }

    /// A signal for a [`Mode`](crate::Mode): how much is used of what may be bad, of the worse indicator.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let objective = self.clone();
        move || objective.worst().used
    }

    /// A signal for a [`Mode`](crate::Mode): the burn rate in a window, of the indicator that burns faster. This `rate` counts as 1.
    ///
    /// With [`BurnWindow::Hour`] and 14.4 it is 1 where the first page needs a burn rate of 14.4. More than 0: with 0 each call that is bad
    /// makes it 1, and below 0 nothing does.
    pub fn burn_signal(&self, window: BurnWindow, rate: f64) -> impl Fn() -> f64 + Send + Sync + use<> {
        let objective = self.clone();
        move || objective.core.seen().iter().map(|seen| seen.burn(window)).fold(0.0, f64::max) / rate
    }

    /// Whether an indicator has nothing left of what may be bad.
    pub fn is_exhausted(&self) -> bool {
        self.core.seen().iter().any(Seen::is_exhausted)
    }

    /// Whether it keeps each target in the period up to now, and each failure was [short enough](super::ObjectiveBuilder::recovery).
    pub fn is_met(&self) -> bool {
        self.core.is_met()
    }

    /// How reliable the service was over the last `window`, or since the objective was built.
    ///
    /// It fails while a page fires. The share of successes is that of availability, or else of latency; over a window it is exact to
    /// 5 minutes, and not known where the window is longer than the period. Of what was told, the last 1,000 alerts are kept.
    pub fn figures(&self, window: Option<Duration>) -> Figures {
        self.core.sums(window).figures()
    }

    fn snapshot(&self, indicator: Indicator) -> Option<IndicatorSnapshot> {
        let seen = self.core.seen();
        seen.iter().find(|seen| seen.indicator == indicator).map(IndicatorSnapshot::of)
    }

    /// Where it counts.
    pub(crate) fn row(&self) -> &'static Row {
        self.core.feed.row
    }

    /// What a measure feeds.
    pub(crate) fn feed(&self) -> Arc<Feed> {
        Arc::clone(&self.core.feed)
    }
}
