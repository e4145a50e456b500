//! The places as a limit that calls pass.

use super::guard::{BulkheadGuard, Core, Room};
use super::handle::BulkheadHandle;
use super::turn::Line;
use crate::cached_arc::{CachedArc, HandleArc};
use crate::call::{Admit, Fork, Handled, Key};
use crate::error::Rejection;
use crate::registry::Listing;
use crate::state::keys::{Retain, Retention};

/// Lets calls pass while there are places. Clones share them.
#[derive(Clone, Debug)]
pub struct Places {
    pub(super) core: CachedArc<Core>,
}

impl Places {
    pub(super) fn new(room: Room, listing: &Listing) -> Self {
        Self { core: Core::new(room, listing) }
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
        BulkheadHandle { core: HandleArc::Own(self.core.clone()), line: Line::NONE }
    }
}

/// Each key has places of its own, as many as these were built with.
impl Fork for Places {
    fn fork(&self, key: Key) -> BulkheadHandle {
        BulkheadHandle { core: self.core.fork(key), line: Line::NONE }
    }

    #[inline(always)]
    fn of_key(&self, own: Self) -> Self {
        own
    }
}

impl Retain for BulkheadHandle {
    type Own = Places;

    fn for_call(&self) -> Places {
        Places { core: CachedArc::clone(&self.core) }
    }

    fn retention(&self) -> Retention {
        Core::retention(&self.core)
    }
}
