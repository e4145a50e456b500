//! The places as a limit that calls pass, and what they share with guards and handles.

use super::BulkheadHandle;
use crate::{
    call::{Admit, Guard, Handled},
    error::{Rejection, RejectionReason},
    event,
    keyed::{Fork, Key, Label},
    name::Name,
    pooled::{self, Pooled, pool},
    source::{Kind, Source},
    state::{keys::Retention, permits::Permits},
    time::Nanos,
};

#[derive(Debug)]
pub(super) struct Core {
    pub(super) permits: Permits,
    pub(super) name: Name,
    /// The limit that it was built with.
    built_with: usize,
    /// Their key, where they are some of many and show it.
    label: Option<Label>,
    /// Whether they are some of many, of a key.
    keyed: bool,
}

pool!(Core, unless keyed);

impl Core {
    pub(super) fn new(max_concurrent: usize, name: Name) -> Self {
        let permits = Permits::new(max_concurrent);
        Self { built_with: permits.limit(), permits, name, label: None, keyed: false }
    }

    pub(super) fn source(&self) -> Source<'_> {
        Source::new(Kind::Bulkhead, self.name).of_key(self.label.as_ref().map(Label::as_str))
    }

    /// As many as these were built with, for a key.
    pub(super) fn fork(&self, key: Key) -> Self {
        Self { label: key.label, keyed: true, ..Self::new(self.built_with, self.name) }
    }

    pub(super) fn retention(&self) -> Retention {
        if self.permits.limit() == self.built_with { Retention::Free } else { Retention::Until(Nanos::MAX) }
    }

    #[inline(always)]
    pub(super) fn reject(&self, reason: RejectionReason) -> Rejection {
        event::reject(self.name, reason, None, || self.source())
    }
}

/// Lets calls pass while there are places. Clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    pub(super) core: Pooled<Core>,
}

impl Places {
    pub(super) fn new(max_concurrent: usize, name: Name) -> Self {
        Self { core: Pooled::new(Core::new(max_concurrent, name)) }
    }

    #[inline(always)]
    pub(super) fn of(core: &Pooled<Core>) -> Self {
        Self { core: core.clone() }
    }
}

impl<Request> Admit<Request> for Places {
    type Guard = BulkheadGuard;

    #[inline(always)]
    fn admit(&self, _: &Request) -> Result<BulkheadGuard, Rejection> {
        BulkheadGuard::enter(&self.core)
    }
}

impl Handled for Places {
    type Handle = BulkheadHandle;

    fn handle(&self) -> BulkheadHandle {
        BulkheadHandle::new(pooled::Handled::Own(self.core.clone()))
    }
}

/// Each key has places of its own, as many as these were built with.
impl Fork for Places {
    fn fork(&self, key: Key) -> BulkheadHandle {
        BulkheadHandle::new(pooled::Handled::common(Pooled::new(self.core.fork(key))))
    }

    #[inline(always)]
    fn of_key(&self, own: Self) -> Self {
        own
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
    core: Pooled<Core>,
}

impl BulkheadGuard {
    /// Takes a place, or rejects the call.
    #[inline(always)]
    pub(super) fn enter(core: &Pooled<Core>) -> Result<Self, Rejection> {
        match Self::try_enter(core) {
            Some(guard) => Ok(guard),
            None => Err(core.reject(RejectionReason::Full)),
        }
    }

    #[inline(always)]
    pub(super) fn try_enter(core: &Pooled<Core>) -> Option<Self> {
        core.permits.try_enter().then(|| Self::of(core))
    }

    /// The guard of a place that was taken.
    #[inline(always)]
    pub(super) fn of(core: &Pooled<Core>) -> Self {
        Self { core: core.clone() }
    }
}

impl Guard for BulkheadGuard {}

impl Drop for BulkheadGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(waiter) = self.core.permits.leave() {
            waiter.wake();
        }
    }
}
