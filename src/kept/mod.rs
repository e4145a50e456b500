//! Responses that are kept by keys. moka bounds how many there are, and our own clock says how old each is.
//!
//! moka's clock cannot be paused, so it is told of no time to live: an entry that is of no more use stays in its room until another
//! needs that, and nobody gets it.

mod entry;
mod evicted;
mod found;
mod recall;

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc; // moka's threads are no model's

pub(crate) use self::entry::Entry;
use self::evicted::Evicted;
pub(crate) use self::found::{Found, Spot};
pub use self::recall::{Keeps, Keyed, Look, Place, Recall};
use crate::registry::Row;
use crate::state::cache::{Mark, Marks};

/// The entries of a cache, by their keys.
pub(crate) struct Kept<K, V> {
    map: moka::sync::Cache<K, Arc<Entry<V>>>,
    marks: Marks,
    /// Keys share marks by it.
    seeds: RandomState,
    evicted: Arc<Evicted>,
}

impl<K: Hash + Eq + Send + Sync + 'static, V: Send + Sync + 'static> Kept<K, V> {
    /// With room for entries of this weight in all.
    pub(crate) fn new(capacity: u64, row: &'static Row) -> Self {
        let evicted = Arc::new(Evicted::new(row));
        let noted = Arc::clone(&evicted);
        let map = moka::sync::Cache::builder()
            .max_capacity(capacity)
            .weigher(|_, entry: &Arc<Entry<V>>| entry.weight)
            .eviction_listener(move |_, _, cause| noted.note(cause))
            .build();
        Self { map, marks: Marks::new(), seeds: RandomState::new(), evicted }
    }

    /// The entry of a key, unless it was thrown away.
    #[inline]
    pub(crate) fn get(&self, key: &K) -> Option<Arc<Entry<V>>> {
        self.map.get(key).filter(|entry| entry.is_kept() && entry.era == self.marks.era())
    }

    fn mark_of(&self, key: &K) -> Mark {
        self.marks.of(self.seeds.hash_one(key))
    }

    /// Keeps an entry of a call that began with this mark, unless its key was thrown away since then.
    pub(crate) fn put(&self, key: K, mark: Mark, entry: &Arc<Entry<V>>) {
        if self.marks.keep(mark, || self.map.insert(key, Arc::clone(entry))) {
            entry.keep();
        }
    }

    /// Throws the entry of a key away, and those of its calls that have begun.
    pub(crate) fn remove(&self, key: &K) {
        self.marks.throw_away(self.seeds.hash_one(key), || self.map.invalidate(key));
    }

    /// Throws all entries away, and those of all calls that have begun.
    pub(crate) fn clear(&self) {
        // In this order none of those that begin after is thrown away.
        self.map.invalidate_all();
        self.marks.throw_all_away();
    }

    /// How many entries there are, and how much they weigh.
    pub(crate) fn size(&self) -> (u64, u64) {
        self.map.run_pending_tasks();
        (self.map.entry_count(), self.map.weighted_size())
    }

    /// How many entries had to make room, or found none.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.total()
    }

    /// How many had to since this was last asked.
    pub(crate) fn take_evicted(&self) -> u64 {
        self.evicted.take()
    }
}

impl<K, V> fmt::Debug for Kept<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("entries", &self.map.entry_count()).finish_non_exhaustive()
    }
}
