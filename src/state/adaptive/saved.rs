//! What of a limit that is found is kept when its process ends: the limit. What its algorithm has learned besides, it learns anew.

use super::{Rounds, real, whole};
use crate::state::permits::Permits;

impl Rounds {
    #[cfg(feature = "serde")]
    pub(crate) fn saved(&self) -> f64 {
        self.decider.lock().limit
    }

    /// Goes on from a limit, within the bounds. Returns whether no round and nobody's hand has found another, and no call has shown
    /// anything: otherwise nothing changes.
    pub(crate) fn restore(&self, permits: &Permits, limit: f64) -> bool {
        let mut decider = self.decider.lock();
        let is_used = decider.is_asked || decider.by_hand || decider.last.is_some() || self.sums.totals().is_any();
        if is_used || !limit.is_finite() {
            return false;
        }
        decider.limit = limit.clamp(real(self.bounds.min), real(self.bounds.max));
        permits.resize(whole(decider.limit));
        true
    }
}
