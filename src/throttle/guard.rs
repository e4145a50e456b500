//! The guard of one call.

use super::shared::Core;
use crate::cached_arc::CachedArc;
use crate::call::{Guard, Hold};
use crate::context;
use crate::error::Rejection;
use crate::outcome::Outcome;
use crate::state::criticality::Criticality;
use crate::time::Nanos;

/// Tells a throttle how one call ends, until it is settled or dropped.
///
/// A guard that is dropped unsettled is *abandoned*: its call counts as neither request nor accept. There are exceptions, which count as a failure:
/// a call whose service panicked, and one that a [`TimeoutLayer`](crate::TimeoutLayer) cuts short at its own limit, if the
/// service was being waited for, and had at least half of that limit.
///
/// # Examples
///
/// Code that is no `Service` can share a throttle with services that are:
///
/// ```
/// use palisade::{Criticality, ThrottleLayer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let throttle = ThrottleLayer::builder("search").build()?.handle();
/// throttle.try_enter()?.failure();
/// assert_eq!(throttle.snapshot(Criticality::Critical).probability, 0.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped abandons its call"]
pub struct ThrottleGuard {
    /// It is empty once the call is settled.
    core: CachedArc<Core>,
    /// The class, the flags, and above them when the inner service was first pending, or [`NOT_YET`]. One word, because to read fields
    /// together stalls after they were written one by one.
    state: u64,
}

/// The class of the call.
const CLASS: u64 = 0b11;

/// The inner service panicked.
const PANICKED: u64 = 1 << 2;

/// The inner service is being waited for: it was pending when it was last polled.
const WAITING: u64 = 1 << 3;

/// Where the time begins. It counts 36 years from when the clock was started, so it fits above.
const SINCE: u32 = 4;

const NOT_YET: u64 = u64::MAX >> SINCE;

impl ThrottleGuard {
    /// Lets a call pass, or rejects it.
    #[inline(always)]
    pub(super) fn enter(core: &CachedArc<Core>) -> Result<Self, Rejection> {
        let class = Criticality::current();
        core.enter(class)?;
        Ok(Self::made(core, class))
    }

    /// The guard of what counts without being asked.
    pub(super) fn of(core: &CachedArc<Core>) -> Self {
        Self::made(core, Criticality::current())
    }

    #[inline(always)]
    fn made(core: &CachedArc<Core>, class: Criticality) -> Self {
        Self { core: core.clone(), state: NOT_YET << SINCE | class as u64 }
    }

    /// Settles the call by what its result means.
    #[inline(always)]
    pub fn settle(mut self, outcome: Outcome) {
        if let Some(core) = self.core.take() {
            core.exit(self.class(), outcome);
        }
    }

    #[inline(always)]
    const fn class(&self) -> Criticality {
        Criticality::IN_ORDER[Criticality::COUNT - 1 - (self.state & CLASS) as usize]
    }

    /// Settles the call as one that the service took.
    pub fn success(self) {
        self.settle(Outcome::Success);
    }

    /// Settles the call as a failure.
    pub fn failure(self) {
        self.settle(Outcome::Failed);
    }

    /// Notes since when the service is waited for. A call that is ready at once needs none of this.
    #[inline(never)]
    fn waits(&mut self) {
        if self.state >> SINCE == NOT_YET {
            let flags = self.state & !(NOT_YET << SINCE);
            self.state = self.core.now().0.min(NOT_YET) << SINCE | flags;
        }
        self.state |= WAITING;
    }

    /// Whether a dropped call has failed: its service panicked, or a limit of ours ran out that the service had at least half of.
    fn has_failed(&self, core: &Core) -> bool {
        let waited = || core.now().saturating_sub(Nanos(self.state >> SINCE));
        let had_time = || context::expired_limit().is_some_and(|limit| waited() >= Nanos::of(limit / 2));
        self.state & PANICKED != 0 || self.state & WAITING != 0 && had_time()
    }

    /// Ends a call that was dropped unsettled.
    #[cold]
    #[inline(never)]
    fn end_dropped(&mut self) {
        let Some(core) = self.core.take() else { return };
        if self.has_failed(&core) { core.exit(self.class(), Outcome::Failed) } else { core.leave() }
    }
}

impl Guard for ThrottleGuard {
    /// It counts, and frees nothing that the next call takes.
    const OUTLIVES_CALL: bool = false;

    #[inline(always)]
    fn polled(&mut self, is_pending: bool) {
        if is_pending {
            self.waits();
        } else {
            self.state &= !WAITING;
        }
    }

    fn panicked(&mut self) {
        self.state |= PANICKED;
    }

    fn head(&mut self, _: Outcome, is_final: bool) -> Hold {
        if is_final { Hold::No } else { Hold::ToTheEnd }
    }

    fn streams(&mut self, is_whole: bool) -> Hold {
        if is_whole { Hold::No } else { Hold::ToTheEnd }
    }

    #[inline(always)]
    fn settle(self, outcome: Outcome) {
        self.settle(outcome);
    }
}

impl Drop for ThrottleGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.core.is_taken() {
            self.end_dropped();
        }
    }
}
