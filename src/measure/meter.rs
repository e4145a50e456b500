//! The measure as an admission that calls pass: it admits always.

use std::fmt;

use super::exemplars::{NoTrace, TraceOf};
use super::guard::{Core, Counted, MeasureGuard};
use super::handle::MeasureHandle;
use crate::cached_arc::{CachedArc, HandleArc};
use crate::call::{Admit, Fork, Handled, Key};
use crate::error::Rejection;
use crate::objective::Objective;
use crate::registry::{Listing, Measuring, Registry};
use crate::source::Kind;
use crate::state::keys::{Retain, Retention};

/// Lets every call pass, and measures it. Clones share what they count.
#[derive(Clone)]
pub struct Meter<T = NoTrace> {
    core: CachedArc<Core>,
    trace: T,
    /// Where the names of keys count, if keys are names.
    names: Option<Registry>,
    /// What it feeds, so that it stays listed.
    objective: Option<Objective>,
}

impl<T> Meter<T> {
    pub(super) fn new(
        listing: &Listing,
        trace: T,
        keeps_exemplars: bool,
        by_name: bool,
        objective: Option<Objective>,
    ) -> Self {
        let counted = Counted::new(keeps_exemplars, objective.as_ref().map(Objective::feed));
        let measuring = Measuring::new(counted, &listing.row().measured);
        let names = by_name.then(|| listing.registry().clone());
        Self { core: Core::new(measuring, listing), trace, names, objective }
    }
}

impl<Request, T: TraceOf<Request>> Admit<Request> for Meter<T> {
    type Guard = MeasureGuard<T::Kept>;

    #[inline(always)]
    fn admit(&self, request: &Request) -> Result<Self::Guard, Rejection> {
        Ok(MeasureGuard::begin(&self.core, self.trace.trace_of(request)))
    }

    fn admit_unready(&self) -> Option<Self::Guard> {
        Some(MeasureGuard::begin(&self.core, T::Kept::default()))
    }
}

impl<T> Handled for Meter<T> {
    type Handle = MeasureHandle;

    fn handle(&self) -> MeasureHandle {
        MeasureHandle { core: HandleArc::Own(self.core.clone()) }
    }
}

/// Each key has counts of its own. The calls of keys without room are counted together.
impl<T: Clone> Fork for Meter<T> {
    fn fork(&self, key: Key) -> MeasureHandle {
        let named = self.names.as_ref().zip(key.label.as_str());
        let Some(row) = named.and_then(|(names, name)| names.row_of(Kind::Measure, name)) else {
            return MeasureHandle { core: self.core.fork(key) };
        };
        MeasureHandle { core: Core::of_key(Measuring::new(Counted::fork(&self.core), &row.measured), row, key) }
    }

    #[inline(always)]
    fn of_key(&self, own: Meter) -> Self {
        Self { core: own.core, trace: self.trace.clone(), names: None, objective: None }
    }

    fn for_others(&self) -> Option<MeasureHandle> {
        Some(self.handle())
    }
}

impl Retain for MeasureHandle {
    type Own = Meter;

    fn for_call(&self) -> Meter {
        Meter { core: CachedArc::clone(&self.core), trace: NoTrace, names: None, objective: None }
    }

    fn retention(&self) -> Retention {
        Core::retention(&self.core)
    }
}

impl<T> fmt::Debug for Meter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("core", &self.core).field("objective", &self.objective).finish_non_exhaustive()
    }
}
