//! What a call holds of a rate limit.

use super::meter::{Core, RateLimitSnapshot};
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::name::Name;
use crate::outcome::Outcome;

/// Holds the rate limit that a call has passed, where the call's result matters to it.
///
/// What the call took is taken, however it ends.
#[derive(Debug)]
pub struct RateLimitGuard {
    /// It is empty where the result does not matter.
    core: CachedArc<Core>,
}

impl RateLimitGuard {
    /// The guard of a call that has passed.
    #[inline(always)]
    pub(super) fn of(core: &CachedArc<Core>) -> Self {
        Self { core: if core.asks_for_ends() { core.clone() } else { CachedArc::empty() } }
    }

    /// The name of the limit, and what is left of it, where the call holds it: where the service is
    /// [heeded](super::RateLimitBuilder::heed_throttling), or callers are told what is left.
    pub fn snapshot(&self) -> Option<(Name, RateLimitSnapshot)> {
        self.core.get().map(|core| (core.name(), core.snapshot()))
    }
}

impl Guard for RateLimitGuard {
    const OUTLIVES_CALL: bool = false;

    fn head(&mut self, _: Outcome, is_final: bool) -> Hold {
        if is_final || self.core.get().is_none() { Hold::No } else { Hold::ToTheEnd }
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        if let (Some(core), Outcome::Throttled { retry_after: Some(retry_after) }) = (self.core.get(), outcome) {
            core.heed(retry_after.into());
        }
    }
}
