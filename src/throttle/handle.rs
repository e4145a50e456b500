//! Looks at a throttle.

use super::guard::ThrottleGuard;
use super::shared::{Core, ThrottleSnapshot};
use crate::cached_arc::HandleArc;
use crate::error::Rejection;
use crate::name::Name;
use crate::registry::{Listed, Shown};
use crate::setting::Setting;
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

    /// A signal for a [`Mode`](crate::Mode): how likely a call is rejected of the class that is worst off.
    pub fn signal(&self) -> impl Fn() -> f64 + Send + Sync + use<> {
        let throttle = self.clone();
        move || throttle.core.greatest()
    }

    pub(crate) fn settings(&self) -> Vec<Setting> {
        self.listed().settings()
    }
}

impl Shown for ThrottleHandle {
    fn listed(&self) -> &dyn Listed {
        let core: &Core = &self.core;
        core
    }
}
