//! Looks at the keys.

use std::fmt;
use std::hash::Hash;

use super::shared::Shared;
use crate::name::Name;
use crate::sync::Arc;

/// Looks at the keys and gives the handle of each, from anywhere.
///
/// `H` is a [`CircuitHandle`](crate::CircuitHandle) or a [`BulkheadHandle`](crate::BulkheadHandle). Handles are cheap to clone,
/// and never wait for a call.
pub struct PerKeyHandle<K, H> {
    shared: Arc<Shared<K, H>>,
}

impl<K, H> PerKeyHandle<K, H> {
    pub(super) const fn new(shared: Arc<Shared<K, H>>) -> Self {
        Self { shared }
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.shared.source.name()
    }

    /// The most keys there may be.
    pub fn capacity(&self) -> usize {
        self.shared.keys.capacity()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.shared.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Clone, H> PerKeyHandle<K, H> {
    /// The keys there are, in no order.
    pub fn keys(&self) -> Vec<K> {
        self.shared.keys.collect(|key, _| key.clone())
    }

    /// All keys with their handles, as they are at one moment, in no order.
    ///
    /// Looking does not count as a call. [`get`](Self::get) says what becomes of a handle when its key is removed.
    pub fn iter(&self) -> impl Iterator<Item = (K, H)> + use<K, H>
    where
        H: Clone,
    {
        self.shared.keys.collect(|key, handle| (key.clone(), handle.clone())).into_iter()
    }
}

impl<K: Hash + Eq + Clone, H: Clone> PerKeyHandle<K, H> {
    /// The handle of a key, if the map has one.
    ///
    /// `None` if no call has come for the key yet, or the key was removed. Looking does not count as a call, and a handle does not
    /// keep its key in the map: after the key is removed, the handle works on a limit that no call uses. So ask again
    /// instead of keeping a handle for long.
    pub fn get(&self, key: &K) -> Option<H> {
        self.shared.keys.get(key.clone())
    }
}

impl<K, H> Clone for PerKeyHandle<K, H> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl<K, H> fmt::Debug for PerKeyHandle<K, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerKeyHandle").field("name", &self.name()).field("keys", &self.shared.keys).finish()
    }
}
