//! What the services, guards and handles of one limit share. The crate's own limits stand on it.
//!
//! Beside the pure state of the limit it holds what errors and events call it, and its key if it is one of many. A limit of the
//! crate names its own as `type Core = Instance<..>` and writes `cached!(Core, unless key.is_some())`, because a `thread_local` cannot be
//! generic: so no type of the user's may be in it.

use std::ops::Deref;

use super::fork::{Key, Label};
use crate::cached_arc::{Cached, CachedArc, HandleArc};
use crate::error::{Rejection, RejectionReason};
use crate::event;
use crate::name::Name;
use crate::source::{Kind, Source};
use crate::state::keys::Retention;
use crate::time::Nanos;

/// The pure state of a limit, by which it decides.
pub(crate) trait LimitState: Sized {
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
}

/// One limit: its state, and what errors and events call it.
#[derive(Debug)]
pub(crate) struct Instance<T> {
    state: T,
    name: Name,
    /// Its key, where it is one of many. Where it holds something of the user's, a hidden one, so that threads keep no clone.
    pub(crate) key: Option<Label>,
}

impl<T: LimitState> Instance<T>
where
    Self: Cached,
{
    pub(crate) fn new(state: T, name: Name) -> CachedArc<Self> {
        let key = state.holds_users().then(|| Label::new(None));
        CachedArc::new(Self { state, name, key })
    }

    /// Makes a fresh one with the same settings for a key, as the handle that the map keeps.
    pub(crate) fn fork(&self, key: Key) -> HandleArc<Self> {
        HandleArc::of_key(Self { state: self.state.fork(&key), name: self.name, key: Some(key.label) })
    }

    /// How long the limit of a key is kept. It is in use while a call, a body or a guard has it.
    pub(crate) fn retention(this: &CachedArc<Self>) -> Retention {
        if this.is_alone() { this.state.retention() } else { Retention::Used }
    }

    pub(crate) const fn name(&self) -> Name {
        self.name
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(T::KIND, self.name).of_key(self.key.as_ref().and_then(Label::as_str))
    }

    /// Rejects a call for a reason of this kind of limit.
    #[inline(always)]
    pub(crate) fn reject(&self, reason: RejectionReason, retry_after: Option<Nanos>) -> Rejection {
        debug_assert_eq!(reason.kind(), T::KIND, "errors and events tell the same kind");
        event::reject(self.name, reason, retry_after, || self.source())
    }
}

impl<T> Deref for Instance<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.state
    }
}
