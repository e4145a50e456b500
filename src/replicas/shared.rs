//! What all clones, guards and handles share: the roster, and who hears of its changes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering}; // no model checks it
use std::time::Duration;

use tokio::sync::Notify;

use crate::cached_arc::{CachedArc, cached};
use crate::error::{ConfigError, Rejection, RejectionReason};
use crate::event::{self, Action, Event, ReplicaEvent, Told};
use crate::judge::Judgement;
use crate::registry::{Listing, Row};
use crate::source::Kind;
use crate::state::every::Every;
use crate::state::replicas::{Change, Changes, Entry, How, MAX_WEIGHT, Member, Members, PassedOver, Roster, View};
use crate::state::verdict::Level;
use crate::sync::weak;
use crate::time::{Clock, Nanos};

/// How often a judgement looks at all replicas, at most: each call may ask for one.
const JUDGE_EVERY: Nanos = Nanos(100_000_000);

/// How far a call goes to find a replica.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) max_tries: usize,
    pub(super) ready_within: Duration,
}

/// It knows nothing of the services.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) row: &'static Row,
    pub(super) told: Told,
    pub(super) roster: Roster,
    pub(super) clock: Clock,
    pub(super) reach: Reach,
    /// How well the healthy replicas do for what is needed, as it was told last.
    spares: AtomicU64,
    /// When a judgement looks again, because the replicas were not healthy.
    judging: Every,
    /// Notified when the last call of a replica ends that takes none any more.
    pub(super) drained: Notify,
    /// Whether a replica has judges, which are the user's.
    is_judged: AtomicBool,
}

cached!(Core, unless is_judged.load(Ordering::Relaxed));

cached!(Members, unless is_judged());

impl Core {
    pub(super) fn new(
        listing: &Listing,
        roster: Roster,
        clock: Clock,
        reach: Reach,
        is_judged: bool,
    ) -> CachedArc<Self> {
        let spares = roster.view(clock.now()).0.spares as u64;
        let core = CachedArc::new(Self {
            row: listing.row(),
            told: Told::new(),
            roster,
            clock,
            reach,
            spares: AtomicU64::new(spares),
            judging: Every::new(JUDGE_EVERY),
            drained: Notify::new(),
            is_judged: AtomicBool::new(is_judged),
        });
        listing.list(weak(core.shared()));
        core
    }

    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// A replica with judges has come.
    pub(super) fn note_judges(&self) {
        self.is_judged.store(true, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn exit(&self, member: &Member, entry: Entry, how: How) {
        self.tell(self.roster.exit(member, entry, how, &self.clock));
    }

    /// Tells what has changed. The caller holds no lock.
    #[inline]
    pub(super) fn tell(&self, changes: Changes) {
        if !changes.is_empty() {
            self.tell_all(changes);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_all(&self, changes: Changes) {
        for change in changes {
            self.count(&change);
            self.told.tell(self.row.source, &Event::Replicas(self.event(&change)));
        }
    }

    fn count(&self, change: &Change) {
        match change {
            Change::Ejected { reason, .. } => self.row.count(reason.word()),
            Change::FailedOver { reason, .. } => self.row.count(reason.word()),
            Change::Spares { to, .. } => self.spares.store(*to as u64, Ordering::Relaxed),
            Change::Drained { .. } => self.drained.notify_waiters(),
            _ => {}
        }
    }

    /// What the replicas are as one thing. Where they are not healthy, it looks again, because they may get no calls that would.
    pub(super) fn judgement(&self) -> Judgement {
        match self.spares.load(Ordering::Relaxed) {
            level if level == Level::Healthy as u64 => Judgement::Healthy,
            level if level == Level::Degraded as u64 => self.judge_again(Judgement::Degraded),
            _ => self.judge_again(Judgement::Unhealthy),
        }
    }

    /// Looks at all replicas, if it is time.
    #[cold]
    fn judge_again(&self, known: Judgement) -> Judgement {
        let now = self.now();
        if !self.judging.try_take(now) {
            return known;
        }
        let Some((judgement, changes)) = self.roster.judge(now) else { return known };
        self.tell(changes);
        judgement
    }

    fn event<'a>(&self, change: &'a Change) -> ReplicaEvent<'a> {
        let rules = self.roster.rules();
        match change {
            Change::Ejected { name, reason, out_for, times } => ReplicaEvent::Ejected {
                replica: name,
                reason: reason.as_str(),
                duration: (*out_for).into(),
                times: *times,
            },
            Change::EjectionRefused { name, reason } => {
                ReplicaEvent::EjectionRefused { replica: name, reason: reason.as_str() }
            }
            Change::OnTrial { name } => ReplicaEvent::OnTrial { replica: name },
            Change::Readmitted { name, reason } => ReplicaEvent::Readmitted { replica: name, reason: reason.as_str() },
            Change::FailedOver { from, to, reason } => {
                ReplicaEvent::FailedOver { from: from.as_deref(), to, reason: reason.as_str() }
            }
            Change::Panic { is_on, healthy, of } => {
                ReplicaEvent::Panic { is_on: *is_on, healthy: *healthy, replicas: *of }
            }
            Change::Spares { healthy, .. } => {
                ReplicaEvent::Spares { healthy: *healthy, needed: rules.needed, spares: rules.spares }
            }
            Change::Drained { name } => ReplicaEvent::Drained { replica: name },
        }
    }

    pub(super) fn count_passed_over(&self, why: PassedOver) {
        self.row.count(why.word());
    }

    /// Notes how long a replica took for a call that is timed.
    pub(super) fn time(&self, members: &Members, index: usize, how: How, since: Nanos) {
        self.roster.time(members, members.get(index), how, since, &self.clock);
    }

    /// Rejects a call that no replica takes. `last` is the last rejection by one of them.
    #[cold]
    pub(super) fn reject(&self, last: Option<Rejection>, retry_after: Option<Nanos>) -> Rejection {
        let reason = RejectionReason::NoReplica;
        self.row.count(reason as usize);
        let rejection = Rejection::new(self.row.name(), reason, retry_after);
        event::reject(last.map_or(rejection, |last| rejection.after(last)), || self.row.source)
    }

    /// Removes a replica, if there is one of this name.
    pub(super) fn remove(&self, name: &str) -> bool {
        let removed = self.roster.remove(name, self.now());
        removed.map(|(_, changes)| self.tell(changes)).is_some()
    }

    /// Says in which instance a setting is not legal.
    pub(super) fn name_of(&self, error: ConfigError) -> ConfigError {
        error.of(Kind::Replicas.as_str()).named(self.row.name().as_str())
    }

    /// Does what an action says to a replica. Returns whether there is a replica of this name.
    pub(super) fn steer(&self, replica: &str, action: &Action) -> bool {
        let now = self.now();
        let changes = match *action {
            Action::Drain => self.roster.drain(replica, now),
            Action::Undrain => self.roster.undrain(replica, now),
            Action::Promote => {
                // Whether it is healthy may have changed since the last call.
                drop(self.view());
                self.roster.promote(replica, now)
            }
            Action::Eject => self.roster.eject_by_hand(replica, now),
            Action::Readmit => self.roster.readmit_by_hand(replica, now),
            Action::SetWeight(weight) => self.roster.set_weight(replica, weight, now),
            _ => None,
        };
        changes.map(|changes| self.tell(changes)).is_some()
    }

    /// Says whether the value of an action is legal.
    pub(super) fn check(&self, action: &Action) -> Result<(), ConfigError> {
        let Action::SetWeight(weight) = *action else { return Ok(()) };
        ConfigError::unless(weight <= MAX_WEIGHT, "weight", weight, "0 to 1,000,000")
            .map_err(|error| self.name_of(error))
    }

    /// Looks at all replicas.
    pub(super) fn view(&self) -> View {
        let (view, changes) = self.roster.view(self.now());
        self.tell(changes);
        view
    }
}

/// The id of a replica as a retry remembers it.
#[expect(clippy::cast_possible_truncation, reason = "of two that are alike, one is avoided without need")]
pub(super) const fn short(id: u64) -> u32 {
    id as u32
}
