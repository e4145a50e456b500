//! The circuit as a limit that calls pass.

use super::breaker::Core;
use super::{CircuitGuard, CircuitHandle};
use crate::cached_arc::{CachedArc, HandleArc};
use crate::call::{Admit, Fork, Handled, Key};
use crate::error::Rejection;
use crate::state::keys::{Retain, Retention};

/// Lets calls pass while a service does not keep failing. Clones share one circuit.
#[derive(Clone, Debug)]
pub struct Circuit {
    pub(super) core: CachedArc<Core>,
}

impl<Request> Admit<Request> for Circuit {
    type Guard = CircuitGuard;

    const MAY_REFUSE: bool = true;

    #[inline(always)]
    fn admit(&self, _: &Request) -> Result<CircuitGuard, Rejection> {
        CircuitGuard::enter(&self.core)
    }

    #[inline(always)]
    fn is_refusing(&self) -> bool {
        self.core.needs_no_service()
    }

    fn admit_unready(&self) -> Option<CircuitGuard> {
        CircuitGuard::enter_unready(&self.core)
    }
}

impl Handled for Circuit {
    type Handle = CircuitHandle;

    fn handle(&self) -> CircuitHandle {
        CircuitHandle { core: HandleArc::Own(self.core.clone()) }
    }
}

/// Each key has a circuit of its own, with the same settings.
impl Fork for Circuit {
    fn fork(&self, key: Key) -> CircuitHandle {
        CircuitHandle { core: self.core.fork(key) }
    }

    #[inline(always)]
    fn of_key(&self, own: Self) -> Self {
        own
    }
}

impl Retain for CircuitHandle {
    type Own = Circuit;

    fn for_call(&self) -> Circuit {
        Circuit { core: CachedArc::clone(&self.core) }
    }

    fn retention(&self) -> Retention {
        Core::retention(&self.core)
    }
}
