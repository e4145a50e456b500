//! A look at all members, after each change: from which of them calls are given one.

use std::ops::Range;

use super::change::{Change, Changes};
use super::due::put_on_trial;
use super::member::Member;
use super::members::Members;
use super::pool::Pool;
use super::tally::Tally;
use super::word::Phase;
use super::{Locked, Roster};
use crate::judge::Judgement;
use crate::state::verdict::Level;
use crate::sync::{Arc, Ordering};
use crate::time::Nanos;

impl Roster {
    /// Asks all judges, without the lock, and looks again.
    pub(super) fn ask(&self, now: Nanos, changes: &mut Changes) {
        let members = self.members().0;
        let judgements = judgements(&members);
        self.note_judgements(&mut self.locked.lock(), &members, judgements, now, changes);
    }

    /// The same for a call, which does not wait: `None` if another one has the lock, and the next call asks again. Returns how well the
    /// healthy members do for what is needed.
    #[cold]
    pub(super) fn try_ask(&self, members: &Members, now: Nanos, changes: &mut Changes) -> Option<Level> {
        let judgements = judgements(members);
        let mut locked = self.locked.try_lock()?;
        self.note_judgements(&mut locked, members, judgements, now, changes);
        Some(locked.spares)
    }

    fn note_judgements(
        &self,
        locked: &mut Locked,
        members: &Members,
        judgements: Vec<Judgement>,
        now: Nanos,
        changes: &mut Changes,
    ) {
        for (member, judgement) in members.iter().zip(judgements) {
            let before = member.judged.swap(judgement as u64, Ordering::Relaxed);
            let has_recovered = before > Judgement::Degraded as u64 && judgement <= Judgement::Degraded;
            if has_recovered && member.is_ejected() {
                put_on_trial(member, now, changes);
            }
        }
        self.refresh(locked, now, changes);
    }

    /// Looks at all members; the caller holds the lock.
    pub(super) fn refresh(&self, locked: &mut Locked, now: Nanos, changes: &mut Changes) {
        let members = Arc::clone(&locked.members);
        members.iter().for_each(|member| member.look(self.rules.slow_start, now));
        let all = Tally::of(&members, &(0..members.len()));
        let pool = if self.rules.fails_over() {
            Pool::new(&self.take_over(locked, all.best(), now, changes), all.best())
        } else {
            self.choose_tier(&members, &all)
        };
        let earlier = if self.rules.fails_over() { pool.range().start } else { 0 };
        let is_watched = members.iter().enumerate().any(|(index, member)| member.is_watched(index < earlier));
        members.set_pool(pool.watched(is_watched));
        self.due.store(self.next_due(&members, earlier).0, Ordering::Relaxed);
        self.tell_counts(locked, &all, pool.is_panic(), changes);
    }

    /// The first tier in which enough are healthy, or else all.
    fn choose_tier(&self, members: &Members, all: &Tally) -> Pool {
        let best = all.best();
        let is_enough = |range: &Range<usize>| {
            let tier = Tally::of(members, range);
            tier.best() == best && tier.usable > 0 && !self.rules.is_too_few(&tier)
        };
        let tier = members.tiers.iter().map(|tier| &tier.range).find(|range| is_enough(range));
        let everyone = 0..members.len();
        match tier {
            Some(tier) => Pool::new(tier, best),
            // A key has an order of members. Where none is healthy, the first one takes it.
            None if self.rules.shards.is_some() => Pool::new(&everyone, best),
            None if self.rules.is_too_few(all) => Pool::new(&everyone, Level::Unhealthy).panicking(),
            None => Pool::new(&everyone, best.min(Level::Degraded)),
        }
    }

    /// When time changes something next: a trial is due, or one of so many earlier ones takes over again.
    fn next_due(&self, members: &Members, earlier: usize) -> Nanos {
        let trials = members.iter().filter_map(|member| member.trial_at());
        let returning = members.iter().take(earlier).filter(|member| member.is_at(Level::Healthy));
        trials.chain(returning.map(|member| member.may_return(self.rules.healthy_for))).min().unwrap_or(Nanos::MAX)
    }

    fn tell_counts(&self, locked: &mut Locked, all: &Tally, is_panic: bool, changes: &mut Changes) {
        (locked.healthy, locked.of) = (all.usable, all.of);
        if is_panic != locked.is_panic {
            locked.is_panic = is_panic;
            changes.tell(Change::Panic { is_on: is_panic, healthy: all.usable, of: all.of });
        }
        let (from, to) = (locked.spares, self.rules.spares(all.usable));
        if from != to {
            locked.spares = to;
            changes.tell(Change::Spares { from, to, healthy: all.usable });
        }
    }
}

/// What the judges of each say now.
fn judgements(members: &Members) -> Vec<Judgement> {
    members.iter().map(|member| member.judge()).collect()
}

impl Member {
    /// Writes down how it is, by what the judges said; the caller holds the roster's lock.
    fn look(&self, slow_start: Nanos, now: Nanos) {
        let (before, level) = (self.level(), self.level_now());
        self.level.store(level as u64, Ordering::Relaxed);
        if level == Level::Healthy && before > Level::Healthy {
            self.well_since.store(now.0, Ordering::Relaxed);
        }
        if level < Level::Unhealthy && before == Level::Unhealthy {
            self.rise(slow_start, now);
        }
    }

    fn level_now(&self) -> Level {
        let takes_calls = self.takes_calls();
        match self.judged() {
            Judgement::Healthy if takes_calls => Level::Healthy,
            Judgement::Degraded if takes_calls => Level::Degraded,
            _ => Level::Unhealthy,
        }
    }

    /// Whether it would be given calls if its judges were content.
    pub(super) fn takes_calls(&self) -> bool {
        self.word().is_open() && self.weight() > 0
    }

    /// How it was when the roster last looked.
    pub(super) fn level(&self) -> Level {
        [Level::Healthy, Level::Degraded].into_iter().find(|level| self.is_level(*level)).unwrap_or(Level::Unhealthy)
    }

    fn is_level(&self, level: Level) -> bool {
        self.level.load(Ordering::Relaxed) == level as u64
    }

    pub(super) fn is_well(&self) -> bool {
        self.is_level(Level::Healthy)
    }

    pub(super) fn is_at(&self, level: Level) -> bool {
        self.is_in_play() && self.is_level(level)
    }

    /// Whether calls ask its judges although they do not go there: it may be better than it was, or is about to take over again.
    fn is_watched(&self, is_earlier: bool) -> bool {
        !self.judges().is_empty() && self.is_in_play() && (is_earlier || !self.is_well())
    }

    /// When its next trial is due, if it is out of service and may be asked.
    pub(super) fn trial_at(&self) -> Option<Nanos> {
        let is_out = self.word().phase() != Phase::InService && self.is_in_play();
        let may_be_asked = !self.is_seen_as(Judgement::Unhealthy);
        (is_out && may_be_asked).then(|| Nanos(self.until.load(Ordering::Relaxed)))
    }
}
