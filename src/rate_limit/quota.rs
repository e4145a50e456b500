//! The rate as a limit that calls pass, at once or in turn.

use std::fmt;

use super::guard::RateLimitGuard;
use super::handle::RateLimitHandle;
use super::meter::Core;
use super::turn::{MaxWait, Turn};
use crate::cached_arc::{CachedArc, HandleArc};
use crate::call::{Admit, AtOnce, Fork, Handled, Key, Wait};
use crate::error::Rejection;
use crate::state::keys::{Retain, Retention};

/// Lets calls pass at a rate. Clones share it.
///
/// `N` says what a call costs, and `W` whether it may wait.
#[derive(Clone)]
pub struct Quota<N = One, W = AtOnce> {
    pub(super) core: CachedArc<Core>,
    pub(super) cost: N,
    pub(super) wait: W,
}

/// Says what a request costs, in calls. Every `Fn(&Request) -> u32` implements it.
pub trait Cost<Request> {
    /// What this request costs.
    fn of(&self, request: &Request) -> u32;
}

/// Every request costs one call.
#[derive(Clone, Copy, Debug)]
pub struct One;

impl<Request> Cost<Request> for One {
    #[inline(always)]
    fn of(&self, _: &Request) -> u32 {
        1
    }
}

impl<F: Fn(&Request) -> u32, Request> Cost<Request> for F {
    #[inline(always)]
    fn of(&self, request: &Request) -> u32 {
        self(request)
    }
}

impl<Request, N: Cost<Request>> Admit<Request> for Quota<N> {
    type Guard = RateLimitGuard;

    #[inline(always)]
    fn admit(&self, request: &Request) -> Result<RateLimitGuard, Rejection> {
        self.core.enter(self.cost.of(request))?;
        Ok(RateLimitGuard::of(&self.core))
    }
}

impl<Request, N: Cost<Request>> Wait<Request> for Quota<N, MaxWait> {
    type Guard = RateLimitGuard;
    type Waiting = Turn;

    fn wait(&self, request: &Request) -> Result<Turn, Rejection> {
        Ok(Turn::new(&self.core, self.cost.of(request), self.wait))
    }
}

impl<N, W> Handled for Quota<N, W> {
    type Handle = RateLimitHandle;

    fn handle(&self) -> RateLimitHandle {
        RateLimitHandle { core: HandleArc::Own(self.core.clone()) }
    }
}

/// Each key has a rate of its own, which is what this one's is when the key first comes.
impl<N: Clone, W: Clone> Fork for Quota<N, W> {
    fn fork(&self, key: Key) -> RateLimitHandle {
        RateLimitHandle { core: self.core.fork(key) }
    }

    #[inline(always)]
    fn of_key(&self, own: Quota) -> Self {
        Self { core: own.core, cost: self.cost.clone(), wait: self.wait.clone() }
    }
}

impl Retain for RateLimitHandle {
    type Own = Quota;

    /// With a full bucket nothing is lost.
    const LINGERS: bool = false;

    fn for_call(&self) -> Quota {
        Quota { core: CachedArc::clone(&self.core), cost: One, wait: AtOnce }
    }

    fn retention(&self) -> Retention {
        Core::retention(&self.core)
    }
}

impl<N, W> fmt::Debug for Quota<N, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quota").field("core", &self.core).finish_non_exhaustive()
    }
}
