//! What the services and handles of a cache share: its entries, and how it lives with them.

use std::hash::Hash;
use std::sync::Arc; // as in `kept`
use std::time::Duration;

use tokio::sync::Semaphore;

use super::keep::Terms;
use super::settings::Settings;
use crate::cached_arc::CachedArc;
use crate::error::ConfigError;
use crate::event::{self, Event, Told};
use crate::flight;
use crate::kept::{Entry, Kept, Recall};
use crate::registry::{Listed, Listing, Order, Row, Story, Sums};
use crate::setting::Setting;
use crate::state::cache::counted::{Answered, Refreshed};
use crate::state::cache::{Grace, Life, Mark, Phase, Plan};
use crate::state::draws::Draws;
use crate::state::history::Counted;
use crate::state::tally::Tally;
use crate::time::{Clock, Nanos};

pub(crate) struct Core<K, V> {
    pub(super) kept: Kept<K, V>,
    pub(super) row: &'static Row,
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    draws: Draws,
    /// What it has counted by itself, in the words of its row.
    counted: Tally,
    told: Told,
    /// The refreshes that may run beside those that do.
    pub(super) refreshes: Arc<Semaphore>,
    /// The calls that others may share, without what is the user's of them.
    calls: CachedArc<flight::Core>,
}

impl<K, V> Core<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(super) fn new(settings: Settings, listing: &Listing, calls: CachedArc<flight::Core>) -> Arc<Self> {
        let row = listing.row();
        let (kept, draws) = (Kept::new(settings.capacity, row), Draws::new(settings.seed()));
        let refreshes = Arc::new(Semaphore::new(settings.max_refreshes));
        let (clock, counted, told) = (Clock::start(), Tally::new(), Told::new());
        let core = Arc::new(Self { kept, row, clock, settings, draws, counted, told, refreshes, calls });
        listing.list(Arc::downgrade(&core));
        core
    }

    /// What a call does with an entry.
    #[inline]
    pub(super) fn plan(&self, entry: &Entry<V>, now: Nanos) -> Plan {
        let Settings { early, in_background, .. } = self.settings;
        Plan::of(&entry.life, &entry.turn, now, early, in_background, || self.draws.draw())
    }

    /// Keeps a response of a call that began at this time, and with this mark.
    pub(super) fn keep(&self, key: K, mark: Mark, value: V, weight: u32, life: Life) -> Arc<Entry<V>> {
        let entry = Arc::new(Entry::new(value, life, weight, mark.era));
        self.kept.put(key, mark, &entry);
        self.tell_evicted();
        entry
    }

    /// Throws all entries away by hand.
    pub(super) fn clear(&self) {
        self.kept.clear();
        self.told.tell(self.row.source, &Event::Cleared);
    }

    /// The life of an entry on these terms, of a call that began at this time.
    pub(super) fn life(&self, terms: Terms, began: Nanos) -> Life {
        let now = self.clock.now();
        let Settings { ttl_jitter, in_background, .. } = self.settings;
        let Terms { ttl, while_revalidate, if_error, keep } = terms.or(self.settings.terms());
        let nanos = |time: Option<Duration>| time.map_or(Nanos(0), Nanos::of);
        let while_revalidate = if in_background { nanos(while_revalidate) } else { Nanos(0) };
        let grace = Grace { while_revalidate, if_error: nanos(if_error), keep: nanos(keep) };
        Life::new(nanos(ttl), grace, ttl_jitter, self.draws.draw(), now.saturating_sub(began), now)
    }
}

impl<K, V> Core<K, V> {
    /// Counts and tells how a call was answered, and how old the answer is if it was kept.
    #[inline]
    pub(super) fn answered(&self, how: Answered, age: Option<Nanos>) {
        self.count(how.word());
        event::tell_often(|| {
            (self.row.source, Event::CacheAnswered { result: how.as_str(), age: age.map(Duration::from) })
        });
    }

    /// Counts and tells what came of a refresh.
    pub(super) fn refreshed(&self, how: Refreshed) {
        self.count(how.word());
        event::tell_often(|| (self.row.source, Event::Refreshed { result: how.as_str() }));
    }

    #[inline]
    fn count(&self, word: usize) {
        self.row.count(word);
        self.counted.count(word);
    }

    /// How often it has counted a word.
    pub(super) fn total(&self, word: usize) -> u64 {
        self.counted.total(word)
    }
}

impl<K, V> Core<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Gives the response of an entry once more.
    #[inline]
    pub(super) fn give<Request, Response, R>(&self, recall: &R, entry: &Entry<V>, now: Nanos) -> Response
    where
        R: Recall<Request, Response, Value = V>,
    {
        let (age, is_fresh) = (entry.life.age(now), entry.life.phase(now) == Phase::Fresh);
        self.answered(if is_fresh { Answered::Hit } else { Answered::Stale }, Some(age));
        recall.answer(&entry.value, Some(age.into()))
    }

    fn tell_evicted(&self) {
        let entries = self.kept.take_evicted();
        if entries > 0 {
            event::tell_often(|| (self.row.source, Event::Evicted { entries }));
        }
    }

    pub(super) fn refreshing(&self) -> usize {
        self.settings.max_refreshes - self.refreshes.available_permits()
    }
}

impl<K, V> Listed for Core<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn row(&self) -> &'static Row {
        self.row
    }

    fn settings(&self) -> Vec<Setting> {
        self.settings.listed()
    }

    fn snapshot(&self) -> Vec<Setting> {
        let (entries, weight) = self.kept.size();
        vec![
            Setting::new("entries", entries),
            Setting::new("weight", weight),
            Setting::new("refreshing", self.refreshing()),
            Setting::new("hits", self.total(Answered::Hit.word())),
            Setting::new("stale", self.total(Answered::Stale.word())),
            Setting::new("misses", self.total(Answered::Miss.word())),
        ]
    }

    fn story(&self, story: &mut Story) {
        story.add(self.row.source, &self.told, Counted::default);
    }

    fn steer(&self, order: &Order<'_>) -> Result<usize, ConfigError> {
        if !order.is_for(self.row.source) {
            return Ok(0);
        }
        self.told.tell(self.row.source, &order.event());
        self.clear();
        Ok(1)
    }

    fn gauges(&self, sums: &mut Sums) {
        let (entries, weight) = self.kept.size();
        let gauges = sums.of(self.row);
        gauges.add_total("entries", entries);
        gauges.add_total("weight", weight);
        gauges.add_count("refreshing", self.refreshing());
        gauges.add_total("flights", self.calls.flights());
    }
}
