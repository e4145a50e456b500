//! Several replicas of one service: which of them takes a call, and what its result changes.
//!
//! The word of a member says its phase. Its generation grows with each change of the phase, and an entry of another generation is
//! late: it counts nothing. Calls to members in service only read the word, and count their failures in a row in it. Ejections,
//! trials, and what a hand does happen under one lock of the roster. Each of these looks at all members and writes down from which of
//! them calls are given one, so a choice does not look at all.
//!
//! Exact under every interleaving: who is ejected, that one call at a time is a trial, and the calls in flight. Approximate: a choice
//! may be by what was true a moment before, and where most members are unusable the draws are uneven.

mod by_key;
mod change;
mod choose;
mod counted;
mod due;
mod eject;
mod exit;
mod key;
mod least_loaded;
mod look;
mod member;
mod members;
mod pace;
mod pool;
mod rate;
mod results;
mod rules;
mod schedule;
mod share;
mod steer;
mod take_over;
mod tally;
mod urgent;
mod view;
mod word;

pub(crate) use self::change::{Change, Changes, Choice, Entry, How, Reason, Takeover};
pub(crate) use self::counted::PassedOver;
pub(crate) use self::key::key_hash;
pub(crate) use self::member::{MAX_WEIGHT, Member, Newcomer};
pub(crate) use self::members::{Members, Unfit};
use self::pace::AGE_EVERY;
pub use self::rules::Policy;
use self::rules::SECOND;
pub(crate) use self::rules::{MAX_MEMBERS, Rules};
pub(crate) use self::view::{MemberView, View};
pub use self::word::Phase;
use crate::state::draws::Draws;
use crate::state::every::Every;
use crate::state::verdict::Level;
use crate::sync::{Arc, AtomicU64, Mutex, Ordering};
use crate::time::Nanos;

/// How often the success rates are compared, at most.
const COMPARE_EVERY: Nanos = Nanos(SECOND);

#[derive(Debug)]
pub(crate) struct Roster {
    rules: Rules,
    draws: Draws,
    /// Grows when members come or go, or their order changes.
    version: AtomicU64,
    /// How many members there are.
    len: AtomicU64,
    /// When time changes something next: a trial begins, or an earlier one takes over; `u64::MAX` if it does not.
    due: AtomicU64,
    /// Where the next look at those that are not healthy begins.
    watched: AtomicU64,
    compare: Every,
    aging: Every,
    /// Held by no foreign code.
    pub(in crate::state) locked: Mutex<Locked>,
}

#[derive(Debug)]
pub(in crate::state) struct Locked {
    members: Arc<Members>,
    /// The one that is first in order where calls fail over.
    first: Option<u64>,
    /// The one that takes the calls where calls fail over.
    in_use: Option<Arc<Member>>,
    is_panic: bool,
    spares: Level,
    /// How many were healthy at the last look, degraded ones too, and of how many.
    healthy: usize,
    of: usize,
}

impl Roster {
    /// Begins with these members, which are in service in full.
    ///
    /// # Errors
    ///
    /// A name comes twice, or there are too many.
    pub(crate) fn new(rules: Rules, seed: u64, newcomers: Vec<Newcomer>, now: Nanos) -> Result<Self, Unfit> {
        let list = members::hire(newcomers, now)?;
        let roster = Self {
            rules,
            draws: Draws::new(seed),
            version: AtomicU64::new(0),
            len: AtomicU64::new(0),
            due: AtomicU64::new(u64::MAX),
            watched: AtomicU64::new(0),
            compare: Every::new(COMPARE_EVERY),
            aging: Every::new(AGE_EVERY),
            locked: Mutex::new(Locked {
                members: Arc::new(Members::new(&rules, Vec::new(), None)),
                first: None,
                in_use: None,
                is_panic: false,
                spares: Level::Healthy,
                healthy: 0,
                of: 0,
            }),
        };
        // Nobody has heard of them before, so nothing of it is news.
        drop(roster.reorder(&mut roster.locked.lock(), list, now));
        Ok(roster)
    }

    /// Grows when the members change, so that who keeps them can compare.
    #[inline]
    pub(crate) fn version(&self) -> u64 {
        // Acquire pairs with Release in `reorder`.
        self.version.load(Ordering::Acquire)
    }

    /// The members, and the version that they are.
    pub(crate) fn members(&self) -> (Arc<Members>, u64) {
        let locked = self.locked.lock();
        (Arc::clone(&locked.members), self.version())
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }
}
