//! The guard of a call that a replica has.

use std::mem;

use super::shared::{Core, short};
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::context;
use crate::error::Rejection;
use crate::outcome::Outcome;
use crate::state::replicas::{Choice, Entry, How, Member, Members};
use crate::sync::Arc;
use crate::time::Nanos;

/// Stands for no time. A guard with an `Option` of an instant would be moved in parts that the processor has to wait for.
const NEVER: Nanos = Nanos::MAX;

/// Has a call in flight at a replica, until it is settled or dropped.
///
/// A guard that is dropped unsettled is *abandoned*: its call says nothing about the replica. There are exceptions: a call whose
/// replica panicked is a failure, and so is one that a [`TimeoutLayer`](crate::TimeoutLayer) cuts short at its own limit, if the
/// replica was being waited for, and had at least half of that limit.
#[derive(Debug)]
#[must_use = "a guard that is dropped abandons its call"]
pub struct ReplicaGuard {
    /// It is empty once the call is settled.
    core: CachedArc<Core>,
    /// All of them in one, so that a thread finds its clone again.
    members: CachedArc<Members>,
    entry: Entry,
    /// When the replica was first waited for, until it can be called and then for its response; [`NEVER`] before.
    since: Nanos,
    /// Flags in a whole word, because to read a field together with its neighbours stalls after a narrower write.
    state: u64,
    /// Not beside the entry: both are written with the choice, and what is written in two and moved as one stalls.
    pub(super) index: usize,
}

/// The replica is being waited for: it was pending when it was last polled.
const WAITING: u64 = 1;

/// The replica panicked.
const PANICKED: u64 = 1 << 1;

/// The call is timed.
const TIMED: u64 = 1 << 2;

impl ReplicaGuard {
    #[inline(always)]
    pub(super) fn new(core: &CachedArc<Core>, members: &Arc<Members>, Choice { index, entry }: Choice) -> Self {
        let (core, members) = (core.clone(), CachedArc::of(members));
        Self { core, members, index, entry, since: NEVER, state: 0 }
    }

    /// The replica can be called: what was waited for before that was not its call.
    pub(super) const fn sends(&mut self) -> &mut Self {
        (self.since, self.state) = (NEVER, 0);
        self
    }

    /// Notes how long the replica took, if the call is to be timed and was waited for: when its response begins, or it ends.
    #[inline(always)]
    fn time(&mut self, how: How) {
        if self.state & TIMED != 0 {
            self.state &= !TIMED;
            self.core.time(self.members.shared(), self.index, how, self.since);
        }
    }

    /// Takes the call out of the guard.
    #[inline(always)]
    fn take(&mut self) -> Option<InFlight> {
        let (core, members) = (self.core.take()?, self.members.take()?);
        Some(InFlight { core, members, index: self.index, entry: self.entry })
    }

    #[inline(always)]
    fn end(mut self, how: How) {
        self.time(how);
        let taken = self.take();
        // Forgetting the empty guard lets the compiler keep it in registers.
        mem::forget(self);
        if let Some(call) = taken {
            call.end(how);
        }
    }

    /// Notes that the replica is being waited for. A call that is ready at once needs none of this.
    #[inline(never)]
    fn waits(&mut self) {
        self.state |= WAITING;
        if self.since == NEVER {
            self.since = self.core.now();
            let is_timed = self.core.roster.is_to_be_timed(self.members.shared().get(self.index));
            self.state |= if is_timed { TIMED } else { 0 };
        }
    }
}

impl Guard for ReplicaGuard {
    #[inline(always)]
    fn polled(&mut self, is_pending: bool) {
        if is_pending {
            self.waits();
        } else if self.state & WAITING != 0 {
            self.state &= !WAITING;
        }
    }

    fn panicked(&mut self) {
        self.state |= PANICKED;
    }

    fn head(&mut self, outcome: Outcome, _: bool) -> Hold {
        self.time(how(outcome));
        Hold::ToTheEnd
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        self.end(how(outcome));
    }

    fn unsent(self, _: Option<Rejection>) {
        self.end(How::Nothing);
    }
}

/// How a call ended whose result means this.
#[inline]
const fn how(outcome: Outcome) -> How {
    match outcome {
        Outcome::Success => How::Success,
        Outcome::Transient | Outcome::Failed => How::Failure,
        Outcome::Throttled { .. } => How::Throttled,
        Outcome::Ignored => How::Nothing,
    }
}

impl Drop for ReplicaGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(call) = self.take() {
            call.end_dropped(self.since, self.state);
        }
    }
}

/// The call of a guard.
struct InFlight {
    core: CachedArc<Core>,
    members: CachedArc<Members>,
    index: usize,
    entry: Entry,
}

impl InFlight {
    #[inline(always)]
    fn end(self, how: How) {
        self.core.exit(self.member(), self.entry, how);
    }

    #[inline]
    fn member(&self) -> &Member {
        self.members.shared().get(self.index)
    }

    /// Ends a call that is dropped unsettled.
    #[cold]
    #[inline(never)]
    fn end_dropped(self, since: Nanos, state: u64) {
        // A retry may go on where its attempt was dropped.
        context::try_on(short(self.member().id()));
        let is_failure = state & PANICKED != 0 || state & WAITING != 0 && self.is_to_blame(since);
        let how = if is_failure { How::Failure } else { How::Nothing };
        if state & TIMED != 0 {
            self.core.time(self.members.shared(), self.index, how, since);
        }
        self.end(how);
    }

    /// Whether a limit of ours ran out that the replica had at least half of.
    fn is_to_blame(&self, since: Nanos) -> bool {
        let waited = || self.core.now().saturating_sub(since);
        context::expired_limit().is_some_and(|limit| waited() >= Nanos::from(limit / 2))
    }
}
