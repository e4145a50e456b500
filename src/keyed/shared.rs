//! What the services and handles of a layer per key share: the map, and what becomes of a key that is new.

use std::hash::Hash;

use crate::call::{Key, Label};
use crate::error::{Rejection, RejectionReason};
use crate::event::{self, Event};
use crate::source::Source;
use crate::state::every::Every;
use crate::state::keys::{Keys, Retain};
use crate::time::{Clock, Nanos};

/// How events show a key, if they do.
pub(super) type Show<K> = fn(&K) -> Option<String>;

/// What becomes of a call when there is no room for its key.
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

pub(super) struct Shared<K, H> {
    pub(super) keys: Keys<K, H>,
    /// The limit that new keys get a copy of.
    pub(super) model: H,
    pub(super) source: Source<'static>,
    pub(super) no_room: NoRoom,
    /// What calls pass whose key has no room, if anything.
    pub(super) others: Option<H>,
    clock: Clock,
    warning: Every,
    show: Show<K>,
    /// The label of all keys that are not shown.
    hidden: Label,
}

impl<K, H> Shared<K, H> {
    pub(super) fn new(
        keys: Keys<K, H>,
        model: H,
        source: Source<'static>,
        no_room: NoRoom,
        others: Option<H>,
        show: Show<K>,
    ) -> Self {
        let (clock, warning, hidden) = (Clock::start(), Every::new(MINUTE), Label::new(None));
        Self { keys, model, source, no_room, others, clock, warning, show, hidden }
    }

    /// What a call has of its key, for which `fork` makes a limit if the key is new. `None` where the call passes without one.
    pub(super) fn admit(&self, key: K, fork: impl FnOnce(Key) -> H) -> Result<Option<H::Own>, Rejection>
    where
        K: Hash + Eq,
        H: Retain,
    {
        let now = self.clock.now();
        let prepare = |key: &K| {
            let label = self.label(key);
            move || fork(Key { clock: self.clock, now, label })
        };
        match self.keys.admit(key, now, prepare) {
            None => self.without_room(now),
            own => Ok(own),
        }
    }

    fn label(&self, key: &K) -> Label {
        match (self.show)(key) {
            None => self.hidden.clone(),
            shown => Label::new(shown),
        }
    }

    #[cold]
    fn without_room(&self, now: Nanos) -> Result<Option<H::Own>, Rejection>
    where
        H: Retain,
    {
        let (capacity, outcome) = (self.keys.capacity(), self.no_room.outcome());
        event::tell(self.source, &Event::NoRoom { capacity, outcome, is_first: self.warning.try_take(now) });
        match self.no_room {
            NoRoom::Pass => Ok(self.others.as_ref().map(Retain::for_call)),
            NoRoom::Reject => Err(Rejection::new(self.source.name(), RejectionReason::KeysFull, None)),
        }
    }
}
