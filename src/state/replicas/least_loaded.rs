//! The less loaded of two that were drawn: the power of two choices (Mitzenmacher, 1996).

use std::ops::Range;

use super::choose::Pick;
use crate::state::verdict::Level;
use crate::time::{Nanos, Now};

impl<C: Now> Pick<'_, C> {
    #[inline]
    pub(super) fn least_loaded(&mut self, range: &Range<usize>, worst: Level) -> Option<usize> {
        let number = self.roster.draws.draw();
        let first = self.drawn(range, worst, number >> 32, None)?;
        let second = self.drawn(range, worst, number & u64::from(u32::MAX), Some(first));
        Some(second.map_or(first, |second| self.less_loaded(first, second)))
    }

    /// The one with fewer calls in flight for its share; the first if both have as many.
    #[inline]
    pub(super) fn less_loaded(&self, first: usize, second: usize) -> usize {
        let ((calls, share), (others, others_share)) = (self.load(first), self.load(second));
        if calls * others_share <= others * share { first } else { second }
    }

    /// The calls that it would have with this one, and its share.
    #[inline]
    fn load(&self, index: usize) -> (u64, u64) {
        let member = self.members.get(index);
        let slow_start = self.roster.rules.slow_start;
        let share = if slow_start == Nanos(0) { member.weight() } else { member.share(slow_start, self.clock) };
        (member.in_flight() + 1, share)
    }
}
