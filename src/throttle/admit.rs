//! The throttle as a limit that calls pass.

use super::guard::ThrottleGuard;
use super::handle::ThrottleHandle;
use super::shared::Core;
use crate::cached_arc::{CachedArc, HandleArc};
use crate::call::{Admit, Fork, Handled, Key};
use crate::error::Rejection;
use crate::state::keys::{Retain, Retention};

/// Lets about as many calls pass as a service takes. Clones share what they count.
#[derive(Clone, Debug)]
pub struct Throttling {
    pub(super) core: CachedArc<Core>,
}

impl<Request> Admit<Request> for Throttling {
    type Guard = ThrottleGuard;

    #[inline(always)]
    fn admit(&self, _: &Request) -> Result<ThrottleGuard, Rejection> {
        ThrottleGuard::enter(&self.core)
    }

    fn admit_unready(&self) -> Option<ThrottleGuard> {
        Some(ThrottleGuard::of(&self.core))
    }
}

impl Handled for Throttling {
    type Handle = ThrottleHandle;

    fn handle(&self) -> ThrottleHandle {
        ThrottleHandle { core: HandleArc::Own(self.core.clone()) }
    }
}

/// Each key has counts of its own.
impl Fork for Throttling {
    fn fork(&self, key: Key) -> ThrottleHandle {
        ThrottleHandle { core: self.core.fork(key) }
    }

    #[inline(always)]
    fn of_key(&self, own: Self) -> Self {
        own
    }
}

impl Retain for ThrottleHandle {
    type Own = Throttling;

    fn for_call(&self) -> Throttling {
        Throttling { core: CachedArc::clone(&self.core) }
    }

    fn retention(&self) -> Retention {
        Core::retention(&self.core)
    }
}
