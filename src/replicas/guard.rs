//! The guard of a call that a replica has.

use super::shared::{Core, short};
use crate::cached_arc::CachedArc;
use crate::call::Guard;
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
    pub(super) index: usize,
    entry: Entry,
    /// When the replica was first waited for, until it can be called and then for its response; [`NEVER`] before.
    since: Nanos,
    is_waiting: bool,
    has_panicked: bool,
}

impl ReplicaGuard {
    #[inline]
    pub(super) fn new(core: &CachedArc<Core>, members: &Arc<Members>, Choice { index, entry }: Choice) -> Self {
        let (core, members) = (core.clone(), CachedArc::of(members));
        Self { core, members, index, entry, since: NEVER, is_waiting: false, has_panicked: false }
    }

    #[inline]
    fn member(&self) -> &Member {
        self.members.shared().get(self.index)
    }

    /// The replica can be called: what was waited for before that was not its call.
    #[inline]
    pub(super) const fn sends(&mut self) {
        (self.since, self.is_waiting) = (NEVER, false);
    }

    #[inline]
    fn end(&mut self, how: How) {
        if let Some(core) = self.core.take() {
            core.exit(self.member(), self.entry, how);
        }
    }

    /// Ends a call that is dropped unsettled.
    #[cold]
    fn end_dropped(&mut self) {
        // A retry may go on where its attempt was dropped.
        context::try_on(short(self.member().id()));
        let is_failure = self.has_panicked || self.is_waiting && self.is_to_blame();
        self.end(if is_failure { How::Failure } else { How::Nothing });
    }

    /// Whether a limit of ours ran out that the replica had at least half of.
    fn is_to_blame(&self) -> bool {
        let waited = || self.core.now().saturating_sub(self.since);
        context::expired_limit().is_some_and(|limit| waited() >= Nanos::from(limit / 2))
    }
}

impl Guard for ReplicaGuard {
    #[inline]
    fn polled(&mut self, is_pending: bool) {
        self.is_waiting = is_pending;
        if is_pending && self.since == NEVER {
            self.since = self.core.now();
        }
    }

    fn panicked(&mut self) {
        self.has_panicked = true;
    }

    #[inline]
    fn settle(mut self, outcome: Outcome) {
        self.end(match outcome {
            Outcome::Success => How::Success,
            Outcome::Transient | Outcome::Failed => How::Failure,
            Outcome::Throttled { .. } => How::Throttled,
            Outcome::Ignored => How::Nothing,
        });
    }

    fn unsent(mut self, _: Option<Rejection>) {
        self.end(How::Nothing);
    }
}

impl Drop for ReplicaGuard {
    #[inline]
    fn drop(&mut self) {
        if !self.core.is_taken() {
            self.end_dropped();
        }
    }
}
