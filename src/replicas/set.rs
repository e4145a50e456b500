//! The services of the replicas, beside the members of the roster that they are.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::discover::Found;
use super::replica::Replica;
use super::seat::{Seat, Welcome};
use super::shared::Core;
use crate::cached_arc::CachedArc;
use crate::error::ConfigError;
use crate::state::replicas::{Changes, MAX_MEMBERS, Member, Members, Roster, Unfit};
use crate::sync::Arc as Shared;
use crate::time::Nanos;

/// The replicas at one time: each member with its seat.
pub(super) struct Set<S> {
    pub(super) core: CachedArc<Core>,
    pub(super) version: u64,
    pub(super) members: Shared<Members>,
    // Each in an `Arc`, so that sets share them, and none clones a service, which is foreign code, under a lock.
    pub(super) seats: Box<[Arc<Seat<S>>]>,
    /// Whether a call of it can ask one replica alone, so that its request need not be kept.
    pub(super) is_sent_once: bool,
    /// Where newer ones come from.
    all: Weak<Sets<S>>,
}

/// The seats of members, by their ids.
type Seats<S> = HashMap<u64, Arc<Seat<S>>>;

impl<S> Set<S> {
    /// The members that there are now, with the seats of before and those that have come.
    fn of(core: &CachedArc<Core>, all: &Weak<Sets<S>>, mut seats: Seats<S>) -> Self {
        let (members, version) = core.roster.members();
        let seats = members.iter().map(|member| seats.remove(&member.id()).expect("a seat comes with its member"));
        let seats: Box<[_]> = seats.collect();
        let is_sent_once = core.reach.max_tries.min(seats.len()) <= 1;
        Self { core: core.clone(), version, seats, members, is_sent_once, all: Weak::clone(all) }
    }

    /// The replicas that there are now, if that has changed.
    #[cold]
    pub(super) fn newer(&self) -> Option<Arc<Self>> {
        let is_newest = self.version == self.core.roster.version();
        if is_newest { None } else { self.all.upgrade().map(|all| all.latest()) }
    }

    fn by_id(&self) -> Seats<S> {
        self.members.iter().map(|member| member.id()).zip(self.seats.iter().cloned()).collect()
    }
}

/// What all clones share beside the core.
pub(super) struct Sets<S> {
    pub(super) core: CachedArc<Core>,
    latest: Mutex<Arc<Set<S>>>,
    itself: Weak<Self>,
    welcome: Welcome,
    /// Whether replicas are found while the service runs.
    pub(super) finds: bool,
    pub(super) found: Mutex<Option<Found<S>>>,
}

impl<S> Sets<S> {
    /// The seats are those of the roster's members, in the order in which these came.
    pub(super) fn new(
        core: CachedArc<Core>,
        welcome: Welcome,
        seats: Vec<Seat<S>>,
        found: Option<Found<S>>,
    ) -> Arc<Self> {
        let mut ids: Vec<_> = core.roster.members().0.iter().map(|member| member.id()).collect();
        ids.sort_unstable();
        let seats = ids.into_iter().zip(seats.into_iter().map(Arc::new)).collect();
        Arc::new_cyclic(|itself| {
            let latest = Mutex::new(Arc::new(Set::of(&core, itself, seats)));
            Self {
                core,
                latest,
                itself: Weak::clone(itself),
                welcome,
                finds: found.is_some(),
                found: Mutex::new(found),
            }
        })
    }

    /// The replicas as they were last seen.
    pub(super) fn seen(&self) -> Arc<Set<S>> {
        Arc::clone(&self.latest.lock())
    }

    /// The replicas that there are now.
    pub(super) fn latest(&self) -> Arc<Set<S>> {
        let mut latest = self.latest.lock();
        let mut before = None;
        if latest.version != self.core.roster.version() {
            let seats = latest.by_id();
            before = Some(mem::replace(&mut *latest, Arc::new(Set::of(&self.core, &self.itself, seats))));
        }
        let set = Arc::clone(&latest);
        drop(latest);
        // Services are foreign code: those that are gone are dropped after the lock.
        drop(before);
        set
    }

    /// Adds a replica.
    pub(super) fn add(&self, replica: Replica<S>) -> Result<(), ConfigError> {
        self.put(replica, Roster::add)
    }

    /// Adds a replica, in the place of the one of its name if there is one.
    pub(super) fn replace(&self, replica: Replica<S>) -> Result<(), ConfigError> {
        self.put(replica, Roster::replace)
    }

    fn put(&self, replica: Replica<S>, put: Put) -> Result<(), ConfigError> {
        replica.check()?;
        let (newcomer, seat) = self.welcome.seat(replica);
        if !newcomer.judges.is_empty() {
            self.core.note_judges();
        }
        let now = self.core.now();
        // Judges are foreign code too: they are asked, and dropped, without the lock.
        let member = Shared::new(Member::new(newcomer, now));
        let mut latest = self.latest.lock();
        let changes = put(&self.core.roster, &member, now).map_err(|unfit| illegal(unfit, member.name()))?;
        let mut seats = latest.by_id();
        seats.insert(member.id(), Arc::new(seat));
        let before = mem::replace(&mut *latest, Arc::new(Set::of(&self.core, &self.itself, seats)));
        drop(latest);
        drop(before);
        self.core.tell(changes);
        Ok(())
    }
}

/// How a member comes.
type Put = fn(&Roster, &Shared<Member>, Nanos) -> Result<Changes, Unfit>;

/// Says why there cannot be such a replica.
pub(super) fn illegal(unfit: Unfit, name: &str) -> ConfigError {
    match unfit {
        Unfit::Duplicate => ConfigError::new("replica", format_args!("{name:?} again"), "a name that no other has"),
        Unfit::Full => ConfigError::new("replica", format_args!("number {}", MAX_MEMBERS + 1), "one of at most 1,000"),
    }
}
