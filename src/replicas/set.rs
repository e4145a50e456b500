//! The services of the replicas, beside the members of the roster that they are.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;

use super::discover::Found;
use super::replica::Replica;
use super::seat::{Seat, Welcome};
use super::shared::Core;
use crate::cached_arc::CachedArc;
use crate::error::ConfigError;
use crate::state::replicas::{Changes, MAX_MEMBERS, Member, Members, Newcomer, Roster, Unfit};
use crate::sync::Arc as Shared;
use crate::time::Nanos;

/// The replicas at one time: each member with its seat.
pub(super) struct Set<S> {
    pub(super) core: CachedArc<Core>,
    pub(super) version: u64,
    pub(super) members: Shared<Members>,
    pub(super) seats: Box<[Seat<S>]>,
}

impl<S> Set<S> {
    /// The members that there are now, with the seats of before and those that have come.
    fn of(core: &CachedArc<Core>, mut seats: HashMap<u64, Seat<S>>) -> Self {
        let (members, version) = core.roster.members();
        let seats = members.iter().map(|member| seats.remove(&member.id()).expect("a seat comes with its member"));
        Self { core: core.clone(), version, seats: seats.collect(), members }
    }

    fn by_id(&self) -> HashMap<u64, Seat<S>>
    where
        S: Clone,
    {
        self.members.iter().map(|member| member.id()).zip(self.seats.iter().cloned()).collect()
    }
}

/// What all clones share beside the core.
pub(super) struct Sets<S> {
    pub(super) core: CachedArc<Core>,
    latest: Mutex<Arc<Set<S>>>,
    welcome: Welcome,
    /// Whether replicas are found while the service runs.
    pub(super) finds: bool,
    pub(super) found: Mutex<Option<Found<S>>>,
}

impl<S> Sets<S> {
    /// The seats are those of the roster's members, in the order in which these came.
    pub(super) fn new(core: CachedArc<Core>, welcome: Welcome, seats: Vec<Seat<S>>, found: Option<Found<S>>) -> Self {
        let mut ids: Vec<_> = core.roster.members().0.iter().map(|member| member.id()).collect();
        ids.sort_unstable();
        let latest = Mutex::new(Arc::new(Set::of(&core, ids.into_iter().zip(seats).collect())));
        Self { core, latest, welcome, finds: found.is_some(), found: Mutex::new(found) }
    }
}

impl<S> Sets<S> {
    /// The replicas as they were last seen.
    pub(super) fn seen(&self) -> Arc<Set<S>> {
        Arc::clone(&self.latest.lock())
    }
}

impl<S: Clone> Sets<S> {
    /// The replicas that there are now.
    pub(super) fn latest(&self) -> Arc<Set<S>> {
        let mut latest = self.latest.lock();
        let mut before = None;
        if latest.version != self.core.roster.version() {
            let seats = latest.by_id();
            before = Some(mem::replace(&mut *latest, Arc::new(Set::of(&self.core, seats))));
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
        let name = Arc::clone(&newcomer.name);
        let mut latest = self.latest.lock();
        let (member, changes) =
            put(&self.core.roster, newcomer, self.core.now()).map_err(|unfit| illegal(unfit, &name))?;
        let mut seats = latest.by_id();
        seats.insert(member.id(), seat);
        let before = mem::replace(&mut *latest, Arc::new(Set::of(&self.core, seats)));
        drop(latest);
        drop(before);
        self.core.tell(changes);
        Ok(())
    }
}

/// How a member comes.
type Put = fn(&Roster, Newcomer, Nanos) -> Result<(Shared<Member>, Changes), Unfit>;

/// Says why there cannot be such a replica.
pub(super) fn illegal(unfit: Unfit, name: &str) -> ConfigError {
    match unfit {
        Unfit::Duplicate => ConfigError::new("replica", format_args!("{name:?} again"), "a name that no other has"),
        Unfit::Full => ConfigError::new("replica", format_args!("number {}", MAX_MEMBERS + 1), "one of at most 1,000"),
    }
}
