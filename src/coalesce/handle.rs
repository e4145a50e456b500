//! Looks at the calls that are shared.

use crate::cached_arc::CachedArc;
use crate::flight::Core;
use crate::name::Name;

/// Looks at the calls of a [`CoalesceLayer`](super::CoalesceLayer), from anywhere.
///
/// Handles are cheap to clone, and never wait for a call.
#[derive(Clone, Debug)]
pub struct CoalesceHandle {
    pub(super) core: CachedArc<Core>,
}

impl CoalesceHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.row.name()
    }

    /// How many calls there are now that callers share, or may share.
    pub fn flights(&self) -> u64 {
        self.core.flights()
    }

    /// How many callers wait now for a call that another one began.
    pub fn waiting(&self) -> u64 {
        self.core.waiting()
    }

    /// How many callers came to a call that another one began, since the layer was built.
    pub fn shared(&self) -> u64 {
        self.core.joined()
    }
}
