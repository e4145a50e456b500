//! What a call holds of a rate limit.

use super::meter::{Core, RateLimitSnapshot};
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::name::Name;
use crate::outcome::Outcome;
use crate::time::Nanos;

/// Holds the rate limit that a call has passed, where the call's result matters to it.
///
/// What the call took is taken, however it ends.
#[derive(Debug)]
pub struct RateLimitGuard {
    /// `None` where the result does not matter.
    core: Option<CachedArc<Core>>,
    /// For how long a service may shut the limit.
    max_retry_after: Nanos,
}

impl RateLimitGuard {
    /// The guard of a call that has passed. Without `max_retry_after` it holds nothing.
    #[inline(always)]
    pub(super) fn of(core: &CachedArc<Core>, max_retry_after: Option<Nanos>) -> Self {
        Self { core: max_retry_after.map(|_| core.clone()), max_retry_after: max_retry_after.unwrap_or_default() }
    }
}

impl RateLimitGuard {
    /// The name of the limit, and what is left of it, where the call holds it: where the service is
    /// [heeded](super::RateLimitBuilder::heed_throttling), or callers are told what is left.
    pub fn snapshot(&self) -> Option<(Name, RateLimitSnapshot)> {
        self.core.as_ref().map(|core| (core.name(), core.snapshot()))
    }
}

impl Guard for RateLimitGuard {
    const OUTLIVES_CALL: bool = false;

    fn head(&mut self, _: Outcome, is_final: bool) -> Hold {
        if is_final || self.core.is_none() { Hold::No } else { Hold::ToTheEnd }
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        if let (Some(core), Outcome::Throttled { retry_after: Some(retry_after) }) = (self.core, outcome) {
            core.shut(self.max_retry_after.min(retry_after.into()));
        }
    }
}
