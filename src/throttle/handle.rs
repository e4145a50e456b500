//! Looks at a throttle.

use super::guard::ThrottleGuard;
use super::shared::Core;
use crate::cached_arc::HandleArc;
use crate::error::Rejection;
use crate::name::Name;
use crate::registry::{Listed, Shown};
use crate::state::criticality::Criticality;

/// Looks at a throttle, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. All handles of a layer, and all services made by it, share what they count.
#[derive(Clone, Debug)]
pub struct ThrottleHandle {
    pub(super) core: HandleArc<Core>,
}

impl ThrottleHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Asks to pass, for a call that is no `Service`'s. It matters as much as the [code around](Criticality::current).
    ///
    /// # Errors
    ///
    /// When the call is rejected.
    pub fn try_enter(&self) -> Result<ThrottleGuard, Rejection> {
        ThrottleGuard::enter(&self.core)
    }

    /// What was counted of the calls that matter so much, and how likely the next one is rejected.
    pub fn snapshot(&self, class: Criticality) -> ThrottleSnapshot {
        self.core.snapshot(class)
    }
}

impl Shown for ThrottleHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }
}

/// The state of a throttle at one moment, for the calls that matter as much.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ThrottleSnapshot {
    /// Calls in the window that have ended or were rejected here, without those that say nothing about the service.
    pub requests: u64,
    /// Those of them that the service took.
    pub accepts: u64,
    /// How likely the next call is rejected, from 0 to `max_rejection`.
    pub probability: f64,
    /// Calls rejected here since the layer was built.
    pub rejected: u64,
}
