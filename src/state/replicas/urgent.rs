//! Who is to have the next call, whatever the policy: one that a judge wants to be asked, or a trial.

use super::change::Choice;
use super::choose::{Candidate, Pick};
use crate::judge::Judgement;
use crate::sync::Ordering;
use crate::time::Now;

/// The judges of how many members a choice asks, at most, where one is not healthy.
const WATCHED: usize = 16;

impl<C: Now> Pick<'_, C> {
    /// Gives the call to one that is to have the next, if there is one.
    #[inline(always)]
    pub(super) fn urgent(&mut self) -> Option<Choice> {
        let is_quiet = self.roster.due.load(Ordering::Relaxed) == u64::MAX && !self.members.pool().is_watched();
        if is_quiet { None } else { self.urgent_now() }
    }

    #[cold]
    fn urgent_now(&mut self) -> Option<Choice> {
        let watched = if self.members.pool().is_watched() { self.watch() } else { None };
        watched
            .and_then(|index| self.try_take(Candidate { index, member: self.members.get(index) }))
            .or_else(|| self.roster.take_trial(self.members, self.tried, self.clock, &mut self.changes))
    }

    /// Asks the judges of some members, all of them in turn, for one that is to be asked by the next call.
    #[cold]
    fn watch(&mut self) -> Option<usize> {
        let len = self.members.len();
        let looks = len.min(WATCHED);
        let start = if looks < len { self.roster.watched.fetch_add(looks as u64, Ordering::Relaxed) } else { 0 };
        let mut indices = (start..).map(|number| usize::try_from(number % len as u64).unwrap_or(0)).take(looks);
        indices.find(|index| self.is_to_be_asked(*index))
    }

    fn is_to_be_asked(&mut self, index: usize) -> bool {
        let member = self.members.get(index);
        if member.judges().is_empty() {
            return false;
        }
        let judgement = member.judge();
        self.note_judgement(member, judgement);
        let is_free = member.takes_calls() && !self.tried.contains(&member.id());
        judgement == Judgement::OnTrial && is_free
    }
}
