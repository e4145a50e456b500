//! The members to which a key belongs.

use std::ops::Range;

use super::choose::Pick;
use super::key::score;
use crate::state::verdict::Level;
use crate::time::Now;

impl<C: Now> Pick<'_, C> {
    /// The least loaded of the first `shards` of the key, and if none of these can be used, the next best.
    pub(super) fn by_key(&mut self, range: &Range<usize>, worst: Level, shards: usize) -> Option<usize> {
        let (mut chosen, mut last) = (None, None);
        for rank in 0..range.len() {
            if rank >= shards && chosen.is_some() {
                break;
            }
            let best = self.best_below(range, last)?;
            last = Some(best);
            if self.fits(best.1, worst) {
                chosen = Some(chosen.map_or(best.1, |chosen| self.less_loaded(chosen, best.1)));
            }
        }
        chosen
    }

    /// The best score of the key below this one, and whose it is.
    fn best_below(&self, range: &Range<usize>, last: Option<(u64, usize)>) -> Option<(u64, usize)> {
        let scores = range.clone().map(|index| (score(self.key, self.members.get(index).hash), index));
        scores.filter(|best| last.is_none_or(|last| *best < last)).max()
    }
}
