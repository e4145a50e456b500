//! Looks at what was measured.

use super::exemplars::NoTrace;
use super::guard::{Core, MeasureGuard};
use crate::cached_arc::HandleArc;
use crate::name::Name;
use crate::registry::{Exemplar, Listed, Shown, Times};
use crate::state::calls::Ended;
use crate::state::histogram::Durations;

/// Looks at what was measured, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share their counts.
/// Nothing is ever reset: all counts are since the layer was built.
#[derive(Clone, Debug)]
pub struct MeasureHandle {
    pub(super) core: HandleArc<Core>,
}

impl MeasureHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// How many calls are in flight.
    pub fn in_flight(&self) -> u64 {
        self.core.calls.in_flight()
    }

    /// How long the calls took that ended in this way.
    ///
    /// Each reading copies 3.5 KiB.
    pub fn of(&self, ended: Ended) -> Durations {
        self.core.calls.of(ended)
    }

    /// How long all calls took, however they ended.
    ///
    /// Rejected calls are short, and abandoned ones end when their caller leaves. So take a quantile of those that
    /// [ended well](Ended::Success).
    pub fn all(&self) -> Durations {
        Ended::ALL.iter().fold(Durations::none(), |all, ended| all.and(&self.of(*ended)))
    }

    /// The calls that stand for those of their bucket, from the shortest to the longest: at most one for each of the
    /// [buckets](Durations::buckets), the last that had a trace.
    ///
    /// None unless there is a function that finds [traces](super::MeasureBuilder::exemplar).
    pub fn exemplars(&self, ended: Ended) -> Vec<Exemplar> {
        self.core.exemplars(ended)
    }

    /// Begins to measure a call that does not go through a `Service`.
    pub fn begin(&self) -> MeasureGuard {
        MeasureGuard::begin(&self.core, NoTrace)
    }
}

impl Shown for MeasureHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }
}
