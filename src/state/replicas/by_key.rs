//! The members to which a key belongs.

use std::ops::Range;

use super::choose::{Candidate, Pick};
use super::key::score;
use super::pool::Pool;
use crate::time::Now;

impl<'a, C: Now> Pick<'a, C> {
    /// The least loaded of the first `shards` of the key, and if none of these can be used, the next best.
    pub(super) fn by_key(&mut self, pool: Pool, shards: usize) -> Option<Candidate<'a>> {
        let range = &pool.range();
        let (mut chosen, mut last) = (None, None);
        for rank in 0..range.len() {
            if rank >= shards && chosen.is_some() {
                break;
            }
            let best = self.best_below(range, last)?;
            last = Some(best.0);
            if let Some(next) = self.fitting(best.1, pool) {
                chosen = Some(chosen.map_or(next, |chosen| self.less_loaded(chosen, next)));
            }
        }
        chosen
    }

    /// The best score of the key below this one, and whose it is.
    fn best_below(&self, range: &Range<usize>, last: Option<u64>) -> Option<(u64, usize)> {
        let mut best: Option<(u64, usize)> = None;
        for (index, name) in range.clone().zip(self.members.hashes(range)) {
            let score = score(self.key, *name);
            // A better one is rare, so the processor foresees the branch, and works on several scores at once.
            if best.is_none_or(|best| score > best.0) && last.is_none_or(|last| score < last) {
                best = Some((score, index));
            }
        }
        best
    }
}
