//! What had been counted when each of the last buckets began, so that a window is a difference of two totals.

#![expect(clippy::cast_possible_truncation, reason = "buckets are few")]

use super::asked::Totals;

#[derive(Debug)]
pub(super) struct Edges {
    /// The number of the bucket, modulo the length, is the place.
    pub(super) totals: Box<[Totals]>,
    /// How many steps a bucket has.
    pub(super) width: u64,
    /// The bucket of now.
    newest: u64,
}

impl Edges {
    /// Of as many buckets of so many steps each, neither of them zero. The first step has room for all of them before it.
    pub(super) fn new(buckets: u64, width: u64, step: u64) -> Self {
        Self { totals: vec![Totals::default(); buckets as usize].into(), width, newest: step / width }
    }

    pub(super) fn len(&self) -> u64 {
        self.totals.len() as u64
    }

    /// Goes on to a step that is no earlier, before which so many calls had been counted.
    pub(super) fn turn(&mut self, step: u64, totals: Totals) {
        let newest = step / self.width;
        let first = (self.newest + 1).max((newest + 1).saturating_sub(self.len()));
        for bucket in first..=newest {
            self.totals[(bucket % self.len()) as usize] = totals;
        }
        self.newest = newest;
    }

    /// How many calls had been counted when the bucket began that is the first of so many steps.
    pub(super) fn before(&self, steps: u64) -> Totals {
        let buckets = steps.div_ceil(self.width).min(self.len());
        self.totals[self.place(buckets.saturating_sub(1))]
    }

    /// The place of the bucket that was so many buckets ago.
    pub(super) fn place(&self, ago: u64) -> usize {
        ((self.newest - ago) % self.len()) as usize
    }
}
