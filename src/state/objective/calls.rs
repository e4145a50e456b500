//! What each call counts, and when what was counted is looked at.

use super::STEP;
use super::asked::{Call, Totals};
use crate::state::stripes::Stripes;
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

#[derive(Debug)]
pub(crate) struct Calls {
    counts: Stripes,
    /// When the next step begins.
    due: AtomicU64,
    /// The burn rate that gates heed, as the bits of an `f64`.
    burn: AtomicU64,
}

impl Calls {
    pub(crate) fn new() -> Self {
        Self { counts: Stripes::new(Call::ALL.len()), due: AtomicU64::new(STEP.0), burn: AtomicU64::new(0) }
    }

    #[inline(always)]
    pub(crate) fn count(&self, call: Call) {
        self.counts.mine().count(call as usize);
    }

    /// Whether a step has begun since this was asked: said once for each step, to one of those who ask together.
    #[inline(always)]
    pub(crate) fn is_due(&self, now: Nanos) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        now.0 >= due && self.take_turn(due, now)
    }

    #[cold]
    fn take_turn(&self, due: u64, now: Nanos) -> bool {
        let next = (now.0 / STEP.0).saturating_add(1).saturating_mul(STEP.0);
        self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// How many calls there were. Who asks again under the same lock sees no fewer.
    pub(super) fn totals(&self) -> Totals {
        Totals::of(|call| self.counts.total(call as usize))
    }

    /// The burn rate that gates heed, as it was at the last step.
    pub(crate) fn burn(&self) -> f64 {
        f64::from_bits(self.burn.load(Ordering::Relaxed))
    }

    pub(crate) fn set_burn(&self, burn: f64) {
        self.burn.store(burn.to_bits(), Ordering::Relaxed);
    }
}
