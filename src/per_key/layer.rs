//! The layer: one map of keys for all the services it makes.

use std::{fmt, hash::Hash};

use tower::Layer;

use super::{Pattern, PerKey, PerKeyHandle};
use crate::{
    error::{Rejection, RejectionReason},
    event::{self, Event},
    name::Name,
    source::{Kind, Source},
    state::{every::Every, keys::Keys},
    sync::Arc,
    time::{Clock, Nanos},
};

/// Wraps services in a [`PerKey`].
///
/// Services made by one layer, and their clones, share its keys and what is kept for each.
#[must_use]
pub struct PerKeyLayer<L: Pattern, K, By> {
    pub(super) model: L,
    by: By,
    shared: Arc<Shared<K, L::Handle>>,
}

/// What services and handles share.
pub(super) struct Shared<K, H> {
    pub(super) keys: Keys<K, H>,
    pub(super) name: Name,
    clock: Clock,
    full: Full,
    warning: Every,
}

/// What becomes of a call whose key has no room.
#[derive(Clone, Copy, Debug)]
pub(super) enum Full {
    Pass,
    Reject,
}

impl Full {
    const fn outcome(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Reject => "rejected",
        }
    }
}

/// A flood of keys is told as a warning once in this time.
const MINUTE: Nanos = Nanos(60_000_000_000);

impl<L: Pattern, K, By> PerKeyLayer<L, K, By> {
    pub(super) fn new(model: L, by: By, capacity: usize, idle: Nanos, full: Full) -> Self {
        model.protect_nothing();
        let shared = Shared {
            keys: Keys::new(capacity, idle),
            name: model.name(),
            clock: Clock::start(),
            full,
            warning: Every::new(MINUTE),
        };
        Self { model, by, shared: Arc::new(shared) }
    }

    /// A handle to look at the keys, and to steer what is kept for each.
    pub fn handle(&self) -> PerKeyHandle<K, L::Handle> {
        PerKeyHandle::new(Arc::clone(&self.shared))
    }

    /// What protects this request: its key's own, or nothing.
    #[inline(always)]
    pub(super) fn protection<Request>(&self, request: &Request) -> Result<L::Handle, Rejection>
    where
        By: Fn(&Request) -> K,
        K: Hash + Eq,
    {
        let key = (self.by)(request);
        let (keys, clock) = (&self.shared.keys, self.shared.clock);
        let now = clock.now();
        match keys.admit(key, now, || self.model.of_a_key(clock, now)) {
            Some(own) => Ok(own),
            None => self.without_room(now),
        }
    }

    #[cold]
    fn without_room(&self, now: Nanos) -> Result<L::Handle, Rejection> {
        let Shared { keys, name, full, warning, .. } = &*self.shared;
        let (capacity, outcome, is_first) = (keys.capacity(), full.outcome(), warning.try_take(now));
        event::tell(Source::new(Kind::PerKey, *name), &Event::NoRoom { capacity, outcome, is_first });
        match full {
            Full::Pass => Ok(self.model.spare()),
            Full::Reject => Err(Rejection::new(*name, RejectionReason::KeysFull, None)),
        }
    }
}

impl<S, L: Pattern + Clone, K, By: Clone> Layer<S> for PerKeyLayer<L, K, By> {
    type Service = PerKey<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        PerKey::new(inner, self.clone())
    }
}

impl<L: Pattern + Clone, K, By: Clone> Clone for PerKeyLayer<L, K, By> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), by: self.by.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<L: Pattern, K, By> fmt::Debug for PerKeyLayer<L, K, By> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { keys, name, full, .. } = &*self.shared;
        let mut layer = f.debug_struct("PerKeyLayer");
        layer.field("name", name).field("keys", keys).field("full", full).finish_non_exhaustive()
    }
}
