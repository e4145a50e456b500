//! The members at one time, in the order in which they are asked.

use std::collections::HashSet;
use std::ops::Range;

use super::key::key_hash;
use super::member::{Member, Newcomer};
use super::pool::Pool;
use super::rules::{MAX_MEMBERS, Policy, Rules};
use super::schedule::Schedule;
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::time::Nanos;

/// Why a replica cannot be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// There is one of its name.
    Duplicate,
    /// There are [`MAX_MEMBERS`].
    Full,
}

/// It never changes but for its pool; a roster makes another one when a member comes or goes.
#[derive(Debug)]
pub(crate) struct Members {
    list: Box<[Arc<Member>]>,
    /// The hashes of their names.
    hashes: Box<[u64]>,
    /// Those of each tier, and in round robin their turns.
    pub(super) tiers: Box<[Tier]>,
    all: Schedule,
    pub(super) turn: AtomicU64,
    pool: AtomicU64,
    is_judged: bool,
}

#[derive(Debug)]
pub(super) struct Tier {
    pub(super) range: Range<usize>,
    turns: Schedule,
}

impl Members {
    /// Puts them in order: `first`, where it is one of them and calls fail over, and then by tier.
    pub(super) fn new(rules: &Rules, mut list: Vec<Arc<Member>>, first: Option<u64>) -> Self {
        let fails_over = rules.fails_over();
        list.sort_by_key(|member| (!(fails_over && first == Some(member.id())), member.tier));
        let weights: Vec<u64> = list.iter().map(|member| member.weight()).collect();
        let turns = |range: &Range<usize>| match rules.policy {
            Policy::RoundRobin => Schedule::new(range.clone(), &weights),
            Policy::LeastLoaded | Policy::FailOver => Schedule::even(range.clone()),
        };
        let tiers = ranges(&list).into_iter().map(|range| Tier { turns: turns(&range), range }).collect();
        Self {
            tiers,
            all: turns(&(0..list.len())),
            turn: AtomicU64::new(0),
            pool: AtomicU64::new(Pool::EMPTY.0),
            hashes: list.iter().map(|member| key_hash(member.name())).collect(),
            is_judged: list.iter().any(|member| !member.judges().is_empty()),
            list: list.into(),
        }
    }

    /// Whether one of them has judges, which are the user's.
    pub(crate) const fn is_judged(&self) -> bool {
        self.is_judged
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, index: usize) -> &Arc<Member> {
        &self.list[index]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.list.iter()
    }

    /// The hashes of the names of those in this range.
    pub(super) fn hashes(&self, range: &Range<usize>) -> &[u64] {
        &self.hashes[range.clone()]
    }

    pub(super) fn find(&self, name: &str) -> Option<&Arc<Member>> {
        self.iter().find(|member| &**member.name() == name)
    }

    /// The turns of those in this range: a tier, or all.
    pub(super) fn turns(&self, range: &Range<usize>) -> &Schedule {
        self.tiers.iter().find(|tier| tier.range == *range).map_or(&self.all, |tier| &tier.turns)
    }

    #[inline]
    pub(super) fn pool(&self) -> Pool {
        Pool(self.pool.load(Ordering::Relaxed))
    }

    /// The caller holds the roster's lock.
    pub(super) fn set_pool(&self, pool: Pool) {
        self.pool.store(pool.0, Ordering::Relaxed);
    }
}

/// Where each tier begins and ends.
fn ranges(list: &[Arc<Member>]) -> Vec<Range<usize>> {
    let mut from = 0;
    let tiers = list.chunk_by(|one, next| one.tier == next.tier);
    tiers.map(|tier| (from..from + tier.len(), from += tier.len()).0).collect()
}

/// Makes members of these.
pub(super) fn hire(newcomers: Vec<Newcomer>, now: Nanos) -> Result<Vec<Arc<Member>>, Unfit> {
    let mut names = HashSet::new();
    if newcomers.len() > MAX_MEMBERS {
        return Err(Unfit::Full);
    }
    if !newcomers.iter().all(|newcomer| names.insert(&newcomer.name)) {
        return Err(Unfit::Duplicate);
    }
    Ok(newcomers.into_iter().map(|newcomer| Arc::new(Member::new(newcomer, now))).collect())
}
