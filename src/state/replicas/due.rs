//! What happens because time has passed: trials, one call at a time.

use super::Roster;
use super::change::{Change, Changes, Choice, Entry, How, Readmission, Reason};
use super::eject::readmit;
use super::member::Member;
use super::members::Members;
use super::rules::TRIAL_FOR;
use super::word::Phase;
use crate::judge::Judgement;
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Roster {
    /// Gives the call to a member whose trial is due, if it is the time of one, and nobody has the lock. Where a member first takes over,
    /// it is put in service instead: it gets calls when it is its turn.
    #[cold]
    pub(super) fn take_trial(
        &self,
        members: &Members,
        tried: &[u64],
        clock: impl Now,
        changes: &mut Changes,
    ) -> Option<Choice> {
        let now = clock.now();
        if now.0 < self.due.load(Ordering::Relaxed) {
            return None;
        }
        let mut locked = self.locked.try_lock()?;
        let is_due = |member: &Member| member.is_due(now) && !tried.contains(&member.id());
        let index = (0..members.len()).find(|index| is_due(members.get(*index)));
        let choice = index.and_then(|index| {
            let member = members.get(index);
            if self.rules.takes_over {
                readmit(member, Readmission::InTime, now, changes);
                return None;
            }
            Some(Choice { index, entry: begin_trial(member, now, changes) })
        });
        self.refresh(&mut locked, now, changes);
        choice
    }

    /// Ends a trial: its place is free again, or there is no trial any more.
    #[cold]
    pub(super) fn end_trial(&self, member: &Member, entry: Entry, how: How, now: Nanos, changes: &mut Changes) {
        let mut locked = self.locked.lock();
        if member.word().generation() != entry.generation() {
            return;
        }
        match how {
            How::Success => readmit(member, Readmission::Trial, now, changes),
            How::Failure => self.eject(&locked, member, Reason::Trial, now, changes),
            How::Throttled | How::Nothing => give_back(member, entry, now),
        }
        self.refresh(&mut locked, now, changes);
    }
}

/// Takes the place of a member on trial; the caller holds the lock.
fn begin_trial(member: &Member, now: Nanos, changes: &mut Changes) -> Entry {
    if member.is_ejected() {
        put_on_trial(member, now, changes);
    }
    member.until.store(now.saturating_add(TRIAL_FOR).0, Ordering::Relaxed);
    let trial = member.trial.fetch_add(1, Ordering::Relaxed) + 1;
    // It is not closed, because that takes the lock.
    let word = member.try_enter().unwrap_or_else(|| member.word());
    Member::entry(word).on_trial(u32::try_from(trial).unwrap_or(u32::MAX))
}

/// Lets the next call be a trial; the caller holds the lock.
pub(super) fn put_on_trial(member: &Member, now: Nanos, changes: &mut Changes) {
    member.until.store(now.0, Ordering::Relaxed);
    member.turn(Phase::OnTrial, now);
    changes.tell(Change::OnTrial { name: member.to_name() });
}

/// Frees the place of a trial, unless another has taken it; the caller holds the lock.
fn give_back(member: &Member, entry: Entry, now: Nanos) {
    if member.trial.load(Ordering::Relaxed) == entry.trial() {
        member.until.store(now.0, Ordering::Relaxed);
    }
}

impl Member {
    /// Whether the next call is to be a trial.
    fn is_due(&self, now: Nanos) -> bool {
        self.trial_at().is_some_and(|at| now >= at)
    }

    /// Whether it is to have the next call, whatever the policy, by what its judges said when the roster last looked.
    pub(super) fn is_to_be_asked(&self, now: Nanos) -> bool {
        self.is_due(now) || self.takes_calls() && self.is_seen_as(Judgement::OnTrial)
    }
}
