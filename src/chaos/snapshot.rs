//! The faults as somebody sees them.

use std::ops::Range;
use std::time::Duration;

use crate::state::chaos::Run;
use crate::time::Nanos;

/// The faults at one moment, and what they have done since they were last started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChaosSnapshot {
    /// Whether calls may meet faults now.
    pub is_on: bool,
    /// How long it is until they end by themselves; `None` if they are neither on nor to come.
    pub left: Option<Duration>,
    /// The calls that came.
    pub calls: u64,
    /// Those of them that met a fault.
    pub faulted: u64,
    /// Those that were to meet one, and were spared because of [`max_share`](super::ChaosBuilder::max_share).
    pub spared: u64,
}

impl ChaosSnapshot {
    /// Of a run that lasts from one moment to another, if one goes on or is to come.
    pub(super) fn of(during: Option<Range<Nanos>>, done: Run, now: Nanos) -> Self {
        let Run { calls, faulted, spared } = done;
        let is_on = during.as_ref().is_some_and(|during| during.start <= now);
        let left = during.map(|during| during.end.saturating_sub(now).into());
        Self { is_on, left, calls, faulted, spared }
    }
}
