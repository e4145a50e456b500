//! An admission that picks an admission: that of the request's key.

use std::fmt;
use std::hash::Hash;

use super::PerKeyHandle;
use crate::call::{Admit, Fork, Handled, Key, Label};
use crate::error::{Rejection, RejectionReason};
use crate::event;
use crate::event::Event;
use crate::source::Source;
use crate::state::every::Every;
use crate::state::keys::Keys;
use crate::sync::Arc;
use crate::time::{Clock, Nanos};

/// A limit for each key. Clones share the map.
pub struct PerKey<K, By, A: Handled> {
    model: A,
    by: By,
    shared: Arc<Shared<K, A::Handle>>,
}

/// What services and handles share.
pub(super) struct Shared<K, H> {
    pub(super) keys: Keys<K, H>,
    pub(super) source: Source<'static>,
    clock: Clock,
    full: NoRoom,
    warning: Every,
    show: Show<K>,
    /// The label of all keys that are not shown.
    hidden: Label,
}

/// How events show a key, if they do.
pub(super) type Show<K> = fn(&K) -> Option<String>;

/// What becomes of a call whose key has no room.
#[derive(Clone, Copy, Debug)]
pub(super) enum NoRoom {
    Pass,
    Reject,
}

impl NoRoom {
    const fn outcome(self) -> &'static str {
        match self {
            Self::Pass => "passed",
            Self::Reject => "rejected",
        }
    }
}

/// A flood of keys is told as a warning once in this time.
const MINUTE: Nanos = Nanos(60_000_000_000);

impl<K, By, A: Handled> PerKey<K, By, A> {
    pub(super) fn new(
        model: A,
        by: By,
        keys: Keys<K, A::Handle>,
        source: Source<'static>,
        full: NoRoom,
        show: Show<K>,
    ) -> Self {
        let (clock, warning, hidden) = (Clock::start(), Every::new(MINUTE), Label::new(None));
        Self { model, by, shared: Arc::new(Shared { keys, source, clock, full, warning, show, hidden }) }
    }

    /// The limit of this request's key; `None` where the key has no room and its calls pass.
    pub(super) fn pick<Request>(&self, request: &Request) -> Result<Option<A>, Rejection>
    where
        By: Fn(&Request) -> K,
        K: Hash + Eq,
        A: Fork,
    {
        let key = (self.by)(request);
        let Shared { keys, clock, show, hidden, .. } = &*self.shared;
        let now = clock.now();
        let make = |key: &K| {
            self.model.fork(Key {
                clock: *clock,
                now,
                label: show(key).map_or_else(|| hidden.clone(), |text| Label::new(Some(text))),
            })
        };
        match keys.admit(key, now, make) {
            Some(own) => Ok(Some(self.model.of_key(own))),
            None => self.without_room(now),
        }
    }

    #[cold]
    fn without_room(&self, now: Nanos) -> Result<Option<A>, Rejection> {
        let Shared { keys, source, full, warning, .. } = &*self.shared;
        let (capacity, outcome, is_first) = (keys.capacity(), full.outcome(), warning.try_take(now));
        event::tell(*source, &Event::NoRoom { capacity, outcome, is_first });
        match full {
            NoRoom::Pass => Ok(None),
            NoRoom::Reject => Err(Rejection::new(source.name(), RejectionReason::KeysFull, None)),
        }
    }
}

impl<Request, K, By, A> Admit<Request> for PerKey<K, By, A>
where
    By: Fn(&Request) -> K,
    K: Hash + Eq,
    A: Admit<Request> + Fork,
{
    /// `None` for a call that passes without a limit.
    type Guard = Option<A::Guard>;

    fn admit(&self, request: &Request) -> Result<Self::Guard, Rejection> {
        match self.pick(request)? {
            Some(own) => own.admit(request).map(Some),
            None => Ok(None),
        }
    }
}

impl<K, By, A: Handled> Handled for PerKey<K, By, A> {
    type Handle = PerKeyHandle<K, A::Handle>;

    fn handle(&self) -> Self::Handle {
        PerKeyHandle::new(Arc::clone(&self.shared))
    }
}

impl<K, By: Clone, A: Handled + Clone> Clone for PerKey<K, By, A> {
    fn clone(&self) -> Self {
        Self { model: self.model.clone(), by: self.by.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<K, By, A: Handled> fmt::Debug for PerKey<K, By, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { keys, source, full, .. } = &*self.shared;
        let mut shown = f.debug_struct("PerKey");
        shown.field("name", &source.name()).field("keys", keys).field("full", full).finish_non_exhaustive()
    }
}
