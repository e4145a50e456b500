//! What the end of a call changes.

use super::Roster;
use super::change::{Change, Changes, Entry, How, Reason};
use super::member::Member;
use super::members::Members;
use super::pace::{ONE_OF, Pace};
use super::rate::MIN_MEMBERS;
use super::rules::{Policy, Rules};
use super::word::{Phase, Word};
use crate::sync::Ordering;
use crate::time::{Nanos, Now};

impl Roster {
    /// Ends a call that a member took.
    #[inline]
    pub(crate) fn exit(&self, member: &Member, entry: Entry, how: How, clock: impl Now) -> Changes {
        let mut changes = Changes::NONE;
        self.settle(member, entry, how, clock, &mut changes);
        self.leave(member, &mut changes);
        changes
    }

    /// Counts the result of a call, which is in flight until it [leaves](Self::leave).
    #[inline]
    pub(crate) fn settle(&self, member: &Member, entry: Entry, how: How, clock: impl Now, changes: &mut Changes) {
        if how != How::Nothing {
            member.results.count(how == How::Failure);
        }
        if entry.is_trial() {
            self.end_trial(member, entry, how, clock.now(), changes);
        } else {
            self.end_call(member, entry, how, clock, changes);
        }
    }

    /// Whether a call to this member is to be timed, which is waited for.
    pub(crate) fn is_to_be_timed(&self, member: &Member) -> bool {
        let Rules { policy, shards, .. } = self.rules;
        let is_asked = policy == Policy::LeastLoaded && shards.is_none();
        is_asked && (member.pace().is_old() || self.draws.draw() % ONE_OF == 0)
    }

    /// Notes how a call ended that was to be timed, and how long its response took to begin.
    #[cold]
    pub(crate) fn time(&self, members: &Members, member: &Member, how: How, since: Nanos, clock: impl Now) {
        let now = clock.now();
        if self.aging.try_take(now) {
            members.iter().for_each(|member| member.set_pace(Pace::aged));
        }
        member.set_pace(|pace| pace.after(how, now.saturating_sub(since)));
    }

    /// Lets the member have one call less in flight: one whose result was counted.
    #[inline]
    pub(crate) fn leave(&self, member: &Member, changes: &mut Changes) {
        if member.leave() {
            self.note_drained(member, changes);
        }
    }

    #[cold]
    pub(super) fn note_drained(&self, member: &Member, changes: &mut Changes) {
        let _locked = self.locked.lock();
        let is_news = member.word().is_closed() && member.is_empty();
        if is_news && member.is_drained.swap(1, Ordering::Relaxed) == 0 {
            changes.tell(Change::Drained { name: member.to_name() });
        }
    }

    #[inline]
    fn end_call(&self, member: &Member, entry: Entry, how: How, clock: impl Now, changes: &mut Changes) {
        let (How::Success | How::Failure) = how else { return };
        let word = member.word();
        if !is_counted(word, entry) {
            return;
        }
        let failed = how == How::Failure;
        if failed || word.streak() > 0 {
            self.count_streak(member, entry, failed, clock, changes);
        }
        if self.len.load(Ordering::Relaxed) >= MIN_MEMBERS {
            self.count_rate(member, entry, failed, clock.now(), changes);
        }
    }

    #[cold]
    fn count_streak(&self, member: &Member, entry: Entry, failed: bool, clock: impl Now, changes: &mut Changes) {
        let counted = member.change(|word| {
            let streak = if failed { word.streak().saturating_add(1) } else { 0 };
            is_counted(word, entry).then_some(word.with_streak(streak))
        });
        let has_tripped = |word: Word| self.rules.consecutive.is_some_and(|most| word.streak() >= most);
        if failed && counted.is_some_and(has_tripped) {
            let mut locked = self.locked.lock();
            if is_counted(member.word(), entry) {
                let now = clock.now();
                self.eject(&locked, member, Reason::Consecutive, now, changes);
                self.refresh(&mut locked, now, changes);
            }
        }
    }
}

/// Whether a result counts: its call was given to the member in the phase that still lasts, and that is in service.
fn is_counted(word: Word, entry: Entry) -> bool {
    word.generation() == entry.generation() && word.phase() == Phase::InService
}
