//! Which member takes a call.

use super::Roster;
use super::change::{Changes, Choice};
use super::member::Member;
use super::members::Members;
use super::pool::Pool;
use super::rules::Policy;
use super::share::WHOLE;
use crate::judge::Judgement;
use crate::state::verdict::Level;
use crate::sync::Ordering;
use crate::time::Now;

impl Roster {
    /// Chooses the member that takes a call, which is in flight there until it exits; `None` if there is none, or all were tried.
    ///
    /// `members` are those that the caller has, `key` is the [`key_hash`](super::key_hash) of the call where calls are placed by key, and
    /// `tried` has the ids of members that do not come into question. Time is needed only where something is not healthy.
    #[inline(always)]
    #[must_use = "the call is in flight until it exits"]
    pub(crate) fn choose(
        &self,
        members: &Members,
        key: u64,
        tried: &[u64],
        clock: impl Now,
    ) -> (Option<Choice>, Changes) {
        let mut pick = Pick { roster: self, members, key, tried, clock, changes: Changes::NONE };
        let choice = pick.choose();
        (choice, pick.changes)
    }
}

/// A choice that is being made.
pub(super) struct Pick<'a, C> {
    pub(super) roster: &'a Roster,
    pub(super) members: &'a Members,
    pub(super) key: u64,
    pub(super) tried: &'a [u64],
    pub(super) clock: C,
    pub(super) changes: Changes,
}

/// A member that comes into question.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) index: usize,
    pub(super) member: &'a Member,
}

impl<'a, C: Now> Pick<'a, C> {
    #[inline(always)]
    fn choose(&mut self) -> Option<Choice> {
        let urgent = self.urgent();
        if urgent.is_some() {
            return urgent;
        }
        loop {
            let candidate = self.pick()?;
            let taken = self.try_take(candidate);
            if taken.is_some() {
                return taken;
            }
        }
    }

    /// Gives the call to a member, unless it takes none since it was chosen.
    #[inline(always)]
    pub(super) fn try_take(&mut self, Candidate { index, member }: Candidate<'_>) -> Option<Choice> {
        let Some(word) = member.try_enter() else {
            self.roster.leave(member, &mut self.changes);
            return None;
        };
        Some(Choice { index, entry: Member::entry(word) })
    }

    #[inline(always)]
    fn pick(&mut self) -> Option<Candidate<'a>> {
        let picked = self.pick_from(self.members.pool());
        if picked.is_some() { picked } else { self.pick_elsewhere() }
    }

    #[inline(always)]
    fn pick_from(&mut self, pool: Pool) -> Option<Candidate<'a>> {
        let rules = &self.roster.rules;
        match (rules.shards, rules.policy) {
            (Some(shards), _) => self.by_key(pool, shards),
            (None, Policy::LeastLoaded) => self.least_loaded(pool),
            (None, Policy::RoundRobin) => self.in_turn(pool),
            (None, Policy::FailOver) => self.first(pool),
        }
    }

    /// Where none is left of those that are given calls: the others, the better first, and of these the lower tiers.
    #[cold]
    fn pick_elsewhere(&mut self) -> Option<Candidate<'a>> {
        let members = self.members;
        let all = 0..members.len();
        // What was looked at may have changed the pool.
        let worst = members.pool().worst();
        let mut levels = [Level::Healthy, Level::Degraded, Level::Unhealthy].into_iter();
        let keyed = self.roster.rules.shards.is_some();
        levels.find_map(|level| match level {
            Level::Unhealthy if worst < Level::Unhealthy => None,
            level if keyed => self.by_key(Pool::new(&all, level), 1),
            level => members.tiers.iter().find_map(|tier| self.pick_from(Pool::new(&tier.range, level))),
        })
    }

    /// The first in order.
    fn first(&mut self, pool: Pool) -> Option<Candidate<'a>> {
        pool.range().find_map(|index| self.fitting(index, pool))
    }

    fn in_turn(&mut self, pool: Pool) -> Option<Candidate<'a>> {
        let turns = self.members.turns(&pool.range());
        for _ in 0..turns.len() {
            let index = turns.at(self.members.turn.fetch_add(1, Ordering::Relaxed));
            let candidate = self.fitting(index, pool).filter(|candidate| !self.stands_back(candidate.member));
            if candidate.is_some() {
                return candidate;
            }
        }
        self.first(pool)
    }

    /// Whether one whose share grows lets this turn pass, by chance.
    fn stands_back(&self, member: &Member) -> bool {
        let part = member.part(self.roster.rules.slow_start, self.clock);
        part < WHOLE && self.roster.draws.draw() % WHOLE >= part
    }

    /// The one at this index, if it comes into question, and is not worse than those of the pool.
    #[inline(always)]
    pub(super) fn fitting(&mut self, index: usize, pool: Pool) -> Option<Candidate<'a>> {
        let member: &Member = self.members.get(index);
        let fits = pool.is_open_to(member.word())
            && member.weight() > 0
            && (member.judges().is_empty() || self.is_judged(member, pool.worst()))
            && (self.tried.is_empty() || !self.tried.contains(&member.id()));
        fits.then_some(Candidate { index, member })
    }

    /// Lets the roster look again if the judges of a member say something else than before.
    pub(super) fn note_judgement(&mut self, member: &Member, judgement: Judgement) {
        if !member.is_seen_as(judgement) {
            // Where another call looks at this moment, the next one does.
            _ = self.roster.try_ask(self.members, self.clock.now(), &mut self.changes);
        }
    }

    /// Whether its judges say that it is not worse than that; the roster looks again if they changed what they say.
    #[inline(never)]
    fn is_judged(&mut self, member: &Member, worst: Level) -> bool {
        let judgement = member.judge();
        self.note_judgement(member, judgement);
        match judgement {
            Judgement::Healthy => true,
            Judgement::Degraded => worst >= Level::Degraded,
            _ => worst >= Level::Unhealthy,
        }
    }
}
