//! The less loaded of two that were drawn: the power of two choices (Mitzenmacher, 1996), where a slow one counts for more.

use std::ops::Range;

use super::choose::{Candidate, Pick};
use super::member::Member;
use super::pool::Pool;
use crate::state::draws::scale;
use crate::time::Now;

/// How often a draw that cannot be used is drawn again.
const DRAWS: usize = 4;

impl<'a, C: Now> Pick<'a, C> {
    #[inline(always)]
    pub(super) fn least_loaded(&mut self, pool: Pool) -> Option<Candidate<'a>> {
        let number = self.roster.draws.draw();
        let first = self.drawn(pool, number >> 32, None)?;
        let Some(second) = self.drawn(pool, number & u64::from(u32::MAX), Some(first.index)) else {
            return Some(first);
        };
        Some(self.less_loaded(first, second))
    }

    /// The one with fewer calls in flight for its share; the first if both have as many. Where one takes twice as long as the other or
    /// more, a call there counts for as much more.
    #[inline(always)]
    pub(super) fn less_loaded(&self, first: Candidate<'a>, second: Candidate<'a>) -> Candidate<'a> {
        let ((calls, share), (others, others_share)) = (self.load(first.member), self.load(second.member));
        let (calls, others) = (calls * others_share, others * share);
        let (pace, others_pace) = (first.member.pace(), second.member.pace());
        let is_less =
            if pace.is_like(others_pace) { calls <= others } else { pace.of(calls) <= others_pace.of(others) };
        if is_less { first } else { second }
    }

    /// The calls that it would have with this one, and its share.
    #[inline(always)]
    fn load(&self, member: &Member) -> (u64, u64) {
        (member.in_flight() + 1, member.share(self.roster.rules.slow_start, self.clock))
    }

    /// One that was drawn by this number, which is below 2^32, but not `other`.
    #[inline(always)]
    fn drawn(&mut self, pool: Pool, number: u64, other: Option<usize>) -> Option<Candidate<'a>> {
        let index = spot(&pool.range(), number, other)?;
        let drawn = self.fitting(index, pool);
        if drawn.is_some() { drawn } else { self.drawn_again(pool, other) }
    }

    #[cold]
    #[inline(never)]
    fn drawn_again(&mut self, pool: Pool, other: Option<usize>) -> Option<Candidate<'a>> {
        let (range, roster) = (pool.range(), self.roster);
        let draw = || spot(&range, roster.draws.draw() >> 32, other);
        for _ in 1..DRAWS {
            let candidate = self.fitting(draw()?, pool);
            if candidate.is_some() {
                return candidate;
            }
        }
        let start = draw()?;
        let mut around = (start..range.end).chain(range.start..start).filter(|index| Some(*index) != other);
        around.find_map(|index| self.fitting(index, pool))
    }
}

/// Where a number below 2^32 falls in this range, but not on `other`.
#[inline(always)]
fn spot(range: &Range<usize>, number: u64, other: Option<usize>) -> Option<usize> {
    let others = range.len() - usize::from(other.is_some());
    let index = range.start + scale(number, others);
    let skips = other.is_some_and(|other| index >= other);
    (others > 0).then_some(index + usize::from(skips))
}
