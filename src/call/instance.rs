//! What the services, guards and handles of one limit share. The crate's own limits stand on it.
//!
//! Beside the pure state of the limit it holds what errors and events call it, and its key if it is one of many. A limit of the
//! crate names its own as `type Core = Instance<..>` and writes `cached!(Core, unless key.is_some())`, because a `thread_local` cannot be
//! generic: so no type of the user's may be in it.

use std::ops::Deref;
use std::time::Duration;

use super::fork::{Key, Label};
use crate::cached_arc::{Cached, CachedArc, HandleArc};
use crate::error::{ConfigError, Rejection, RejectionReason};
use crate::event::{self, Action, Event, Told};
use crate::name::Name;
#[cfg(feature = "serde")]
use crate::registry::Keep;
use crate::registry::{self, ByName, Gauges, Listed, Listing, Order, Row, Story};
use crate::setting::Setting;
use crate::source::{Kind, Source};
use crate::state::history::{Counted, Sums};
use crate::state::keys::Retention;
use crate::sync::{OnceLock, weak};
use crate::time::Nanos;

/// The pure state of a limit, by which it decides.
pub(crate) trait LimitState: Sized + Send + Sync {
    /// The kind of the limit.
    const KIND: Kind;

    /// Makes a fresh one with the same settings, for a key.
    fn fork(&self, key: &Key) -> Self;

    /// How long the limit of a key is kept while no call has it.
    fn retention(&self) -> Retention;

    /// Whether something of the user's is in it. Defaults to nothing.
    fn holds_users(&self) -> bool {
        false
    }

    /// Its settings, as the registry shows them.
    fn settings(this: &Instance<Self>) -> Vec<Setting>;

    /// The [moment](crate::time::moment) at which it was built. Defaults to none, where no figures are asked.
    fn born(_: &Instance<Self>) -> Nanos {
        Nanos(0)
    }

    /// How reliable its service was; `None` where that is not known. Defaults to that.
    fn sums(_: &Instance<Self>, _window: Option<Duration>) -> Option<Sums> {
        None
    }

    /// The calls that came to harm so far. Defaults to none.
    fn counted(_: &Instance<Self>) -> Counted {
        Counted::default()
    }

    /// Says whether the value of an action is legal. Defaults to any.
    fn check(_: &Action) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Does what its kind takes. Defaults to nothing.
    fn steer(_: &Instance<Self>, _: &Action) {}

    /// Its state, as the registry shows it.
    fn snapshot(this: &Instance<Self>) -> Vec<Setting>;

    /// Adds its gauges, by the names that the table of metrics has.
    fn gauges(this: &Instance<Self>, gauges: &mut Gauges);

    /// How badly it is off among those of other keys: the more, the worse.
    fn trouble(this: &Instance<Self>) -> f64;

    /// What of it is kept over a restart. Defaults to nothing.
    #[cfg(feature = "serde")]
    fn keep(_: &Instance<Self>) -> Option<&dyn Keep> {
        None
    }
}

/// One limit: its state, and what errors and events call it.
#[derive(Debug)]
pub(crate) struct Instance<T> {
    state: T,
    pub(crate) row: &'static Row,
    /// What it has told of itself. Made when it tells something: there may be many that never do.
    told: OnceLock<Box<Told>>,
    /// Its key, where it is one of many. Where it holds something of the user's, a hidden one, so that threads keep no clone.
    pub(crate) key: Option<Label>,
}

impl<T: LimitState> Instance<T>
where
    Self: Cached,
{
    pub(crate) fn new(state: T, listing: &Listing) -> CachedArc<Self>
    where
        T: 'static,
    {
        let key = state.holds_users().then(|| Label::new(None));
        let instance = CachedArc::new(Self { state, row: listing.row(), told: OnceLock::new(), key });
        listing.list(weak(instance.shared()));
        instance
    }

    /// Makes a fresh one with the same settings for a key, as the handle that the map keeps.
    pub(crate) fn fork(&self, key: Key) -> HandleArc<Self> {
        Self::of_key(self.state.fork(&key), self.row, key)
    }

    /// One with this state for a key, which counts at this row.
    pub(crate) fn of_key(state: T, row: &'static Row, key: Key) -> HandleArc<Self> {
        HandleArc::of_key(Self { state, row, told: OnceLock::new(), key: Some(key.label) })
    }

    /// How long the limit of a key is kept. It is in use while a call, a body or a guard has it.
    pub(crate) fn retention(this: &CachedArc<Self>) -> Retention {
        if this.is_alone() { this.state.retention() } else { Retention::Used }
    }

    pub(crate) const fn name(&self) -> Name {
        self.row.name()
    }

    pub(crate) fn source(&self) -> Source<'_> {
        self.row.source.of_key(self.key.as_ref().and_then(Label::as_str))
    }

    /// Tells an event, and keeps it.
    pub(crate) fn tell_event(&self, event: &Event<'_>) {
        self.told().tell(self.source(), event);
    }

    /// What it has told of itself.
    pub(crate) fn told(&self) -> &Told {
        self.told.get_or_init(|| Box::new(self.untold()))
    }

    fn untold(&self) -> Told {
        let is_of_key = self.key.as_ref().is_some_and(|_| !self.state.holds_users());
        Told::since(T::born(self), is_of_key)
    }

    /// What the figures of its service are made of, but for the counts of calls.
    pub(crate) fn stood(&self, window: Option<Duration>) -> Sums {
        self.told.get().map_or_else(|| self.untold().sums(window), |told| told.sums(window))
    }

    /// Rejects a call for a reason of this kind of limit.
    #[inline(always)]
    pub(crate) fn reject(&self, reason: RejectionReason, retry_after: Option<Nanos>) -> Rejection {
        debug_assert_eq!(reason.kind(), T::KIND, "errors and events tell the same kind");
        self.reject_at(reason as usize, Rejection::new(self.name(), reason, retry_after))
    }

    /// As [`reject`](Self::reject), counted at a word of one's own.
    #[inline(always)]
    pub(crate) fn reject_at(&self, word: usize, rejection: Rejection) -> Rejection {
        self.row.count(word);
        event::reject(rejection, || self.source())
    }
}

impl<T: LimitState> Listed for Instance<T>
where
    Self: Cached,
{
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        T::settings(self)
    }

    fn snapshot(&self) -> Vec<Setting> {
        T::snapshot(self)
    }

    fn gauges(&self, sums: &mut registry::Sums) {
        T::gauges(self, sums.of(self.row));
    }

    fn figures(&self, figures: &mut ByName) {
        figures.add(self.row, |window| T::sums(self, window));
    }

    fn story(&self, story: &mut Story) {
        if let Some(told) = self.told.get() {
            story.add(self.source(), told, || T::counted(self));
        }
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.source()) {
            return Ok(0);
        }
        T::check(order.action).map_err(|error| error.of(T::KIND.as_str()).named(self.name().as_str()))?;
        self.tell_event(&order.event());
        T::steer(self, order.action);
        Ok(1)
    }

    fn source(&self) -> Source<'_> {
        self.source()
    }

    fn trouble(&self) -> f64 {
        T::trouble(self)
    }

    #[cfg(feature = "serde")]
    fn keep(&self) -> Option<&dyn Keep> {
        T::keep(self)
    }
}

impl<T> Deref for Instance<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.state
    }
}
