//! What a call holds in a bulkhead, and what its guards, services and handles share.

use std::mem;
use std::ops::Deref;
use std::task::Waker;

use super::adaptive::Adapting;
use crate::cached_arc::{CachedArc, cached};
use crate::call::{Guard, Hold, Instance, Key, LimitState};
use crate::context::Deadline;
use crate::error::{Rejection, RejectionReason};
use crate::event::{Action, Event};
use crate::outcome::Outcome;
use crate::registry::Gauges;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::setting::Setting;
use crate::source::Kind;
use crate::state::counts::share;
use crate::state::criticality::Criticality;
use crate::state::keys::Retention;
use crate::state::moments::Held;
use crate::state::permits::Permits;
use crate::state::permits::counted::{self, Change};
use crate::time::{self, AsMoment, Nanos, Now};

pub(super) type Core = Instance<Room>;

cached!(Core, unless key.is_some());

impl Core {
    /// Rejects a call of this class.
    #[inline(always)]
    pub(super) fn reject_as(&self, class: Criticality, reason: RejectionReason) -> Rejection {
        self.reject_at(counted::rejected(reason, class), Rejection::new(self.name(), reason, None))
    }

    /// Changes the limit by hand, and tells it.
    pub(super) fn resize_by_hand(&self, limit: usize) {
        let limit = self.resize(limit);
        self.grant_all();
        self.row.count(Change::ByHand.word());
        self.tell_event(&Event::Resized { limit, reason: Change::ByHand.as_str() });
    }

    /// Hands the free places to those who wait.
    pub(super) fn grant_all(&self) {
        while let Some(waiter) = self.grant() {
            waiter.wake();
        }
    }
}

/// Places, and what finds their number if it is not given.
#[derive(Debug)]
pub(crate) struct Room {
    pub(super) permits: Permits,
    pub(super) adapting: Option<Box<Adapting>>,
}

impl Room {
    /// Places whose number is given.
    pub(super) const fn fixed(permits: Permits) -> Self {
        Self { permits, adapting: None }
    }

    /// Changes the limit by hand. Returns what it is from now on.
    pub(super) fn resize(&self, limit: usize) -> usize {
        if let Some(adapting) = &self.adapting {
            return adapting.resize(&self.permits, limit);
        }
        self.permits.resize(limit);
        limit
    }
}

impl Deref for Room {
    type Target = Permits;

    #[inline(always)]
    fn deref(&self) -> &Permits {
        &self.permits
    }
}

impl LimitState for Room {
    const KIND: Kind = Kind::Bulkhead;

    fn fork(&self, key: &Key) -> Self {
        let adapting = self.adapting.as_ref().map(|adapting| Box::new(adapting.fork(key)));
        Self { permits: self.permits.fork(), adapting }
    }

    /// A limit that is found goes with its key, as counts do.
    fn retention(&self) -> Retention {
        if self.adapting.is_some() { Retention::Free } else { self.permits.retention() }
    }

    fn holds_users(&self) -> bool {
        self.adapting.as_ref().is_some_and(|adapting| adapting.holds_users())
    }

    fn steer(this: &Core, action: &Action) {
        if let Action::Resize(limit) = *action {
            this.resize_by_hand(limit);
        }
    }

    fn settings(this: &Core) -> Vec<Setting> {
        let limit = Setting::new("max_concurrent", this.limit());
        [limit].into_iter().chain(this.adapting.iter().flat_map(|adapting| adapting.settings())).collect()
    }

    fn snapshot(this: &Core) -> Vec<Setting> {
        let counts = [("in_flight", this.in_flight(AsMoment)), ("queued", this.queued())];
        counts.map(|(name, count)| Setting::new(name, count)).into()
    }

    fn gauges(this: &Core, gauges: &mut Gauges) {
        let (in_flight, limit) = (this.in_flight(AsMoment), this.limit());
        gauges.add_count("in_flight", in_flight);
        gauges.add_count("limit", limit);
        gauges.add_count("queued", this.queued());
        gauges.add_use(in_flight as u64, limit as u64);
    }

    /// The share of its places that calls have or wait for.
    fn trouble(this: &Core) -> f64 {
        let wanted = this.in_flight(AsMoment) + this.queued();
        if wanted == 0 { 0.0 } else { share(wanted as u64, this.limit().max(1) as u64) }
    }

    /// A limit that is given is no news.
    #[cfg(feature = "serde")]
    fn keep(this: &Core) -> Option<&dyn Keep> {
        this.adapting.is_some().then_some(this)
    }
}

/// Holds a place in a bulkhead, until it is dropped or its call is [late](crate::bulkhead#late-calls).
///
/// # Examples
///
/// Code that is no `Service` can share the places of services that are:
///
/// ```
/// use palisade::{BulkheadLayer, Rejection};
///
/// # fn main() -> Result<(), Rejection> {
/// let bulkhead = BulkheadLayer::new(1).handle();
/// let place = bulkhead.try_enter()?;
/// assert!(bulkhead.try_enter().is_err());
/// drop(place);
/// assert!(bulkhead.try_enter().is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a guard that is dropped gives its place back"]
pub struct BulkheadGuard {
    pub(super) core: CachedArc<Core>,
    /// Its deadline, once the call waits for its service.
    held: Held,
}

impl BulkheadGuard {
    /// Takes a place, or rejects the call.
    #[inline(always)]
    pub(super) fn enter(core: &CachedArc<Core>) -> Result<Self, Rejection> {
        let shared = core.shared();
        if enters(shared, Criticality::current) {
            Ok(Self { core: CachedArc::of(shared), held: Held::NOT_YET })
        } else {
            Err(shared.reject_as(Criticality::current(), RejectionReason::Full))
        }
    }

    /// The guard of a place that was taken.
    #[inline(always)]
    pub(super) fn of(core: &CachedArc<Core>) -> Self {
        Self { core: core.clone(), held: Held::NOT_YET }
    }

    /// Whether the call has pended.
    pub(super) fn has_pended(&self) -> bool {
        self.held != Held::NOT_YET
    }
}

/// Keeps the deadline of a call. A call that is ready at once needs none of this.
#[inline(never)]
fn hold(places: &Core) -> Held {
    places.hold(Deadline::current().map_or(Nanos::MAX, |deadline| time::moment(deadline.instant())))
}

/// Takes a place, also one that was a late call's. Asks for the class only where it may matter.
#[inline(always)]
pub(super) fn enters(places: &Core, class: impl FnOnce() -> Criticality) -> bool {
    match places.try_enter_at_once() {
        Ok(()) => true,
        Err(has_more_to_ask) => has_more_to_ask && enters_as(places, class()),
    }
}

#[inline(never)]
fn enters_as(places: &Core, class: Criticality) -> bool {
    let enters = places.try_enter_as(class) || places.may_be_late() && enters_for_late(places, class);
    // Where higher classes hold more than its share, a larger limit would be no help.
    if let Some(adapting) = places.adapting.as_ref().filter(|_| !enters && places.are_filled_by(class)) {
        adapting.hold_back();
    }
    enters
}

/// Hands the places of late calls to those who wait, then takes one if one is left.
#[cold]
fn enters_for_late(places: &Core, class: Criticality) -> bool {
    let now = AsMoment.now();
    while places.take_back(now) {
        places.grant_all();
    }
    places.try_enter_as(class)
}

impl Guard for BulkheadGuard {
    #[inline(always)]
    fn polled(&mut self, is_pending: bool) {
        if is_pending && self.held == Held::NOT_YET {
            self.held = hold(&self.core);
        }
    }

    #[inline(always)]
    fn settle(mut self, _: Outcome) {
        let (places, held) = (self.core.take(), self.held);
        // Forgetting the empty guard lets the compiler keep it in registers.
        mem::forget(self);
        leave(places, held);
    }

    fn head(&mut self, _: Outcome, _: bool) -> Hold {
        if self.held == Held::NOT_YET {
            self.held = hold(&self.core);
        }
        Hold::ToTheEnd
    }
}

impl Drop for BulkheadGuard {
    #[inline(always)]
    fn drop(&mut self) {
        leave(self.core.take(), self.held);
    }
}

/// Gives the place back, and wakes who gets it.
#[inline(always)]
fn leave(places: Option<CachedArc<Core>>, held: Held) {
    let Some(places) = places else { return };
    let waiter = match held {
        Held::NOT_YET => places.leave(),
        held => leave_timed(&places, held),
    };
    if let Some(waiter) = waiter {
        waiter.wake();
    }
}

#[inline(never)]
fn leave_timed(core: &Core, held: Held) -> Option<Waker> {
    core.leave_timed(held)
}
