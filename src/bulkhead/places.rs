//! What services, guards and handles share: the places and their name.

use crate::{
    error::{Rejection, RejectionReason},
    name::Name,
    pooled::{Pooled, pool},
    source::{Kind, Source},
    state::{keys::Retention, permits::Permits},
    time::Nanos,
};

#[derive(Debug)]
pub(super) struct Places {
    pub(super) permits: Permits,
    pub(super) name: Name,
    /// The limit that it was built with.
    built_with: usize,
    /// Whether they are some of many, of a key.
    keyed: bool,
}

pool!(Places, unless keyed);

impl Places {
    pub(super) fn new(max_concurrent: usize, name: Name) -> Self {
        let permits = Permits::new(max_concurrent);
        Self { built_with: permits.limit(), permits, name, keyed: false }
    }

    pub(super) const fn source(&self) -> Source {
        Source::new(Kind::Bulkhead, self.name)
    }

    /// As many as these were built with, for a key.
    pub(super) fn of_a_key(&self) -> Self {
        Self { keyed: true, ..Self::new(self.built_with, self.name) }
    }

    pub(super) fn retention(&self) -> Retention {
        if self.permits.limit() == self.built_with { Retention::Free } else { Retention::Until(Nanos::MAX) }
    }

    #[inline(always)]
    pub(super) fn reject(&self, reason: RejectionReason) -> Rejection {
        self.source().reject(reason, None)
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
    places: Pooled<Places>,
}

impl BulkheadGuard {
    #[inline(always)]
    pub(super) fn try_enter(places: &Pooled<Places>) -> Option<Self> {
        places.permits.try_enter().then(|| Self::of(places))
    }

    /// The guard of a place that was taken.
    #[inline(always)]
    pub(super) fn of(places: &Pooled<Places>) -> Self {
        Self { places: places.clone() }
    }
}

impl Drop for BulkheadGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(waiter) = self.places.permits.leave() {
            waiter.wake();
        }
    }
}
