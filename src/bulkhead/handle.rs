//! Looks at a bulkhead and resizes it.

use super::{BulkheadGuard, places::Places};
use crate::{
    error::{Rejection, RejectionReason},
    event::{self, Event},
    name::Name,
    pooled::{Handled, Pooled},
    state::keys::{Retain, Retention},
};

/// Looks at a bulkhead and resizes it, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share its places.
#[derive(Clone, Debug)]
pub struct BulkheadHandle {
    places: Handled<Places>,
}

impl BulkheadHandle {
    pub(super) const fn new(places: Pooled<Places>) -> Self {
        Self { places: Handled::Own(places) }
    }

    /// The handle of a key, of which clones do not count as calls.
    pub(crate) fn uncounted(self) -> Self {
        Self { places: self.places.common() }
    }

    #[inline(always)]
    pub(super) fn into_places(self) -> Pooled<Places> {
        self.places.into_own()
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.places.name
    }

    /// Calls that hold a place now.
    pub fn in_flight(&self) -> usize {
        self.places.permits.in_flight()
    }

    /// Calls that wait for a place now.
    pub fn queued(&self) -> usize {
        self.places.permits.queued()
    }

    /// The most calls that may be in flight; `usize::MAX` for 2,147,483,647 and more, which is as good as unlimited.
    pub fn limit(&self) -> usize {
        self.places.permits.limit()
    }

    /// Changes the most calls that may be in flight, and leaves the length of the queue as it is.
    ///
    /// Growing wakes those who wait; shrinking ends no call, but lets none in until enough have ended. 0 lets none in.
    pub fn resize(&self, max_concurrent: usize) {
        self.places.permits.resize(max_concurrent);
        while let Some(waiter) = self.places.permits.grant() {
            waiter.wake();
        }
        event::tell(self.places.source(), &Event::Resized { limit: max_concurrent });
    }

    /// Asks for a place, for a call that is no `Service`'s. Never waits.
    ///
    /// # Errors
    ///
    /// When all places are taken, or somebody waits for the free one.
    pub fn try_enter(&self) -> Result<BulkheadGuard, Rejection> {
        BulkheadGuard::try_enter(&self.places).ok_or_else(|| self.places.reject(RejectionReason::Full))
    }
}

/// Of a key: in use while a call, a body or a guard has them.
impl Retain for BulkheadHandle {
    #[inline(always)]
    fn for_call(&self) -> Self {
        Self { places: self.places.own() }
    }

    fn retention(&self) -> Retention {
        if self.places.is_alone() { self.places.retention() } else { Retention::Used }
    }
}
