//! What the services and handles of a layer per key share: the map, and what becomes of a key that is new.

use std::hash::Hash;

use crate::call::{Key, Label};
use crate::error::{ConfigError, Rejection, RejectionReason};
use crate::event::{self, Event};
use crate::registry::{ByName, Instance, Listed, Order, Row, Shown, Story, Sums, gauges_of};
use crate::setting::Setting;
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

/// The most keys that are shown, those that are worst off.
const SHOWN: usize = 20;

/// Where a layer per key counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows {
    pub(super) own: &'static Row,
    /// Where the limits of its keys count.
    pub(super) of_keys: &'static Row,
}

pub(super) struct Shared<K, H> {
    pub(super) keys: Keys<K, H>,
    /// The limit that new keys get a copy of.
    pub(super) model: H,
    /// What calls pass whose key has no room, if anything.
    pub(super) others: Option<H>,
    pub(super) rows: Rows,
    settings: Vec<Setting>,
    pub(super) no_room: NoRoom,
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
        others: Option<H>,
        rows: Rows,
        settings: Vec<Setting>,
        no_room: NoRoom,
        show: Show<K>,
    ) -> Self {
        let (clock, warning, hidden) = (Clock::start(), Every::new(MINUTE), Label::new(None));
        Self { keys, model, others, rows, settings, no_room, clock, warning, show, hidden }
    }

    /// What a call has of its key, for which `fork` makes a limit if the key is new. `None` where the call passes without one.
    pub(super) fn admit(&self, key: K, fork: impl FnOnce(Key) -> H) -> Result<Option<H::Own>, Rejection>
    where
        K: Hash + Eq,
        H: Retain,
    {
        let now = self.now();
        match self.find(key, now, fork) {
            None => self.without_room(now),
            own => Ok(own),
        }
    }

    /// What there is of the key, or is made if it is new. `None` where there is no room for it.
    #[inline(always)]
    pub(super) fn find(&self, key: K, now: Nanos, fork: impl FnOnce(Key) -> H) -> Option<H::Own>
    where
        K: Hash + Eq,
        H: Retain,
    {
        let prepare = |key: &K| {
            let label = self.label(key);
            move || fork(Key { clock: self.clock, now, label })
        };
        self.keys.admit(key, now, prepare)
    }

    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
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
        self.rows.own.count(self.no_room as usize);
        event::tell(self.rows.own.source, &Event::NoRoom { capacity, outcome, is_first: self.warning.try_take(now) });
        match self.no_room {
            NoRoom::Pass => Ok(self.others.as_ref().map(Retain::for_call)),
            NoRoom::Reject => Err(Rejection::new(self.rows.own.name(), RejectionReason::KeysFull, None)),
        }
    }
}

impl<K: Send + Sync, H: Shown + Clone + Send + Sync> Shared<K, H> {
    fn handles(&self) -> Vec<H> {
        self.keys.collect(|_, handle| handle.clone()).into_iter().chain(self.others.clone()).collect()
    }
}

impl<K: Send + Sync, H: Shown + Clone + Send + Sync> Listed for Shared<K, H> {
    fn row(&self) -> &'static Row {
        self.rows.own
    }

    fn settings(&self) -> Vec<Setting> {
        self.settings.clone()
    }

    /// The number of keys, and the gauges of their limits, added up.
    fn snapshot(&self) -> Vec<Setting> {
        let mut sums = Sums::default();
        self.gauges(&mut sums);
        let gauges = [self.rows.own, self.rows.of_keys].map(Row::kind).into_iter();
        gauges
            .flat_map(|kind| gauges_of(kind).map(move |gauge| (kind, gauge)))
            .map(|(kind, gauge)| Setting::new(gauge, sums.count(kind, gauge)))
            .collect()
    }

    fn gauges(&self, sums: &mut Sums) {
        sums.of(self.rows.own).add_count("keys", self.keys.len());
        sums.of(self.rows.of_keys);
        self.handles().iter().for_each(|handle| handle.listed().gauges(sums));
    }

    fn figures(&self, figures: &mut ByName) {
        self.handles().iter().for_each(|handle| handle.listed().figures(figures));
    }

    fn story(&self, story: &mut Story) {
        self.handles().iter().for_each(|handle| handle.listed().story(story));
        if H::has_model_story() {
            self.model.listed().story(story);
        }
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        let steered = H::steer_all(&self.model, &self.handles(), order);
        // A key may go sooner than it was to.
        self.keys.look_again();
        steered
    }

    fn instances(&self) -> Vec<Instance> {
        let handles = self.handles();
        let shown = handles.iter().map(Shown::listed).filter(|limit| limit.source().key().is_some());
        let mut limits: Vec<_> = shown.map(|limit| (limit.trouble(), limit)).collect();
        limits
            .sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.source().key().cmp(&b.source().key())));
        let worst = limits.into_iter().take(SHOWN).flat_map(|(_, limit)| limit.instances());
        let own = Instance::of(self.source(), self.settings(), self.snapshot());
        [own].into_iter().chain(worst).collect()
    }
}
