//! The less loaded of two that were drawn: the power of two choices (Mitzenmacher, 1996), where a slow one counts for more.

use std::ops::Range;

use super::choose::Pick;
use crate::state::draws::scale;
use crate::state::verdict::Level;
use crate::time::{Nanos, Now};

/// How often a draw that cannot be used is drawn again.
const DRAWS: usize = 4;

impl<C: Now> Pick<'_, C> {
    #[inline]
    pub(super) fn least_loaded(&mut self, range: &Range<usize>, worst: Level) -> Option<usize> {
        let number = self.roster.draws.draw();
        let first = self.drawn(range, worst, number >> 32, None)?;
        let second = self.drawn(range, worst, number & u64::from(u32::MAX), Some(first));
        Some(second.map_or(first, |second| self.less_loaded(first, second)))
    }

    /// The one with fewer calls in flight for its share; the first if both have as many. Where one takes twice as long as the other or
    /// more, a call there counts for as much more.
    #[inline(always)]
    pub(super) fn less_loaded(&self, first: usize, second: usize) -> usize {
        let ((calls, share), (others, others_share)) = (self.load(first), self.load(second));
        let (calls, others) = (calls * others_share, others * share);
        let [pace, others_pace] = [first, second].map(|index| self.members.get(index).pace());
        let is_less =
            if pace.is_like(others_pace) { calls <= others } else { pace.of(calls) <= others_pace.of(others) };
        if is_less { first } else { second }
    }

    /// The calls that it would have with this one, and its share.
    #[inline(always)]
    fn load(&self, index: usize) -> (u64, u64) {
        let member = self.members.get(index);
        let slow_start = self.roster.rules.slow_start;
        let share = if slow_start == Nanos(0) { member.weight() } else { member.share(slow_start, self.clock) };
        (member.in_flight() + 1, share)
    }

    /// One that was drawn by this number, which is below 2^32, but not `other`.
    #[inline(always)]
    fn drawn(&mut self, range: &Range<usize>, worst: Level, number: u64, other: Option<usize>) -> Option<usize> {
        let others = range.len() - usize::from(other.is_some());
        let at = |number| match range.start + scale(number, others) {
            index if other.is_some_and(|other| index >= other) => index + 1,
            index => index,
        };
        if others == 0 {
            return None;
        }
        let index = at(number);
        if self.fits(index, worst) { Some(index) } else { self.drawn_again(range, worst, at, other) }
    }

    #[cold]
    fn drawn_again(
        &mut self,
        range: &Range<usize>,
        worst: Level,
        at: impl Fn(u64) -> usize,
        other: Option<usize>,
    ) -> Option<usize> {
        for _ in 1..DRAWS {
            let index = at(self.roster.draws.draw() >> 32);
            if self.fits(index, worst) {
                return Some(index);
            }
        }
        let start = at(self.roster.draws.draw() >> 32);
        (start..range.end).chain(range.start..start).find(|index| Some(*index) != other && self.fits(*index, worst))
    }
}
