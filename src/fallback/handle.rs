//! Switches a fallback by hand, and looks at it.

use super::shared::Core;
use crate::cached_arc::CachedArc;
use crate::name::Name;

/// Switches a [`FallbackLayer`](super::FallbackLayer) by hand, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call. What was switched stays so when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct FallbackHandle {
    pub(super) core: CachedArc<Core>,
}

impl FallbackHandle {
    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.row.name()
    }

    /// Answers every call by the fallback, until [`auto`](Self::auto). The inner service is not asked.
    ///
    /// The steps see a rejection with the reason [`SwitchedOff`](crate::RejectionReason::SwitchedOff), and are taken whatever
    /// [`fallback_if`](super::FallbackLayer::fallback_if) says of it. Calls that are in flight go on. Callers who
    /// wait for the inner service to become ready wait on: a timeout inside that
    /// [covers readiness](crate::TimeoutLayer::cover_readiness) ends that.
    pub fn always(&self) {
        self.core.switch(true);
    }

    /// Answers by the fallback where a call failed, as at the beginning.
    pub fn auto(&self) {
        self.core.switch(false);
    }

    /// Whether every call is answered by the fallback.
    pub fn is_always(&self) -> bool {
        self.core.is_always()
    }
}
