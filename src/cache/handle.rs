//! Looks at a cache, and throws away what it keeps.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc; // as in `kept`

use super::shared::Core;
use crate::name::Name;
use crate::state::cache::counted::{Answered, Refreshed};

/// Looks at a cache and throws away what it keeps, from anywhere.
///
/// Handles are cheap to clone, and never wait for a call.
pub struct CacheHandle<K> {
    core: Arc<dyn Steered<K>>,
}

/// A cache, whatever it keeps.
trait Steered<K>: Send + Sync {
    fn name(&self) -> Name;

    fn remove(&self, key: &K);

    fn clear(&self);

    fn snapshot(&self) -> CacheSnapshot;
}

impl<K, V> Steered<K> for Core<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    fn name(&self) -> Name {
        self.row.name()
    }

    fn remove(&self, key: &K) {
        self.kept.remove(key);
    }

    fn clear(&self) {
        Self::clear(self);
    }

    fn snapshot(&self) -> CacheSnapshot {
        let (entries, weight) = self.kept.size();
        let total = |word| self.total(word);
        CacheSnapshot {
            entries,
            weight,
            hits: total(Answered::Hit.word()),
            stale: total(Answered::Stale.word()),
            misses: total(Answered::Miss.word()),
            passed: total(Answered::Passed.word()),
            renewed: total(Refreshed::Renewed.word()),
            failed_refreshes: total(Refreshed::Failed.word()),
            refreshing: self.refreshing(),
            evicted: self.kept.evicted(),
        }
    }
}

/// What a cache keeps, and what it has counted since it was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheSnapshot {
    /// How many entries there are, also those that are of no more use.
    pub entries: u64,
    /// How much of the capacity they take.
    pub weight: u64,
    /// Calls that were answered by a fresh entry.
    pub hits: u64,
    /// Calls that were answered by an entry that is fresh no more.
    pub stale: u64,
    /// Calls that were answered by the service, one response for all who waited for it.
    pub misses: u64,
    /// Calls that were answered by the service, each by a response of its own.
    pub passed: u64,
    /// Refreshes in the background that made a new entry.
    pub renewed: u64,
    /// Refreshes in the background that made none.
    pub failed_refreshes: u64,
    /// Refreshes in the background that run now.
    pub refreshing: usize,
    /// Entries that had to make room, or found none.
    pub evicted: u64,
}

impl<K> CacheHandle<K> {
    pub(super) fn new<V>(core: Arc<Core<K, V>>) -> Self
    where
        K: Hash + Eq + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        Self { core }
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.core.name()
    }

    /// Throws away what is kept of a key.
    ///
    /// A call for the key that has begun before is not kept, and no later call shares it.
    pub fn invalidate(&self, key: &K) {
        self.core.remove(key);
    }

    /// Throws away all that is kept, and tells an event.
    ///
    /// Calls that have begun before are not kept, and no later call shares them.
    pub fn clear(&self) {
        self.core.clear();
    }

    /// What there is, and what was counted.
    ///
    /// It finishes what moka has put off, such as to evict, and waits for that.
    pub fn snapshot(&self) -> CacheSnapshot {
        self.core.snapshot()
    }
}

impl<K> Clone for CacheHandle<K> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core) }
    }
}

impl<K> fmt::Debug for CacheHandle<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle").field("name", &self.name()).finish_non_exhaustive()
    }
}
