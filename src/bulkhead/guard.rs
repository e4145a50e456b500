//! What a call holds in a bulkhead, and what its guards, services and handles share.

use crate::cached_arc::{CachedArc, cached};
use crate::call::{Guard, Instance, Key, LimitState};
use crate::error::{Rejection, RejectionReason};
use crate::source::Kind;
use crate::state::keys::Retention;
use crate::state::permits::Permits;

pub(super) type Core = Instance<Permits>;

cached!(Core, unless key.is_some());

impl LimitState for Permits {
    const KIND: Kind = Kind::Bulkhead;

    fn fork(&self, _: &Key) -> Self {
        self.fork()
    }

    fn retention(&self) -> Retention {
        self.retention()
    }
}

/// Holds a place in a bulkhead, until it is dropped.
///
/// # Examples
///
/// Code that is no `Service` can share the places of services that are:
///
/// ```
/// use palisade::{BulkheadLayer, Rejection};
///
/// # fn main() -> Result<(), Rejection> {
/// let bulkhead = BulkheadLayer::new(1).handle();
/// let place = bulkhead.try_enter()?;
/// assert!(bulkhead.try_enter().is_err());
/// drop(place);
/// assert!(bulkhead.try_enter().is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped gives its place back"]
pub struct BulkheadGuard {
    core: CachedArc<Core>,
}

impl BulkheadGuard {
    /// Takes a place, or rejects the call.
    #[inline(always)]
    pub(super) fn enter(core: &CachedArc<Core>) -> Result<Self, Rejection> {
        let places: &Core = core;
        if places.try_enter() { Ok(Self::of(core)) } else { Err(places.reject(RejectionReason::Full, None)) }
    }

    /// The guard of a place that was taken.
    #[inline(always)]
    pub(super) fn of(core: &CachedArc<Core>) -> Self {
        Self { core: core.clone() }
    }
}

impl Guard for BulkheadGuard {}

impl Drop for BulkheadGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(waiter) = self.core.leave() {
            waiter.wake();
        }
    }
}
