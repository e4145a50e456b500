//! Looks at the keys.

use std::fmt;
use std::hash::Hash;

use super::shared::Shared;
use crate::call::Key;
use crate::name::Name;
use crate::state::keys::Retain;
use crate::sync::Arc;

/// Looks at the keys and gives the handle of each, from anywhere.
///
/// `H` is a [`CircuitHandle`](crate::CircuitHandle), a [`BulkheadHandle`](crate::BulkheadHandle) or a
/// [`RateLimitHandle`](crate::RateLimitHandle). Handles are cheap to clone, and never wait for a call.
pub struct PerKeyHandle<K, H> {
    shared: Arc<Shared<K, H>>,
}

impl<K, H> PerKeyHandle<K, H> {
    pub(super) const fn new(shared: Arc<Shared<K, H>>) -> Self {
        Self { shared }
    }

    /// The name of the instance.
    pub fn name(&self) -> Name {
        self.shared.rows.own.name()
    }

    /// The handle of what the calls pass whose key has no room.
    ///
    /// Of a [measure](crate::measure) only: with other layers these calls pass unprotected, or are rejected, and this is `None`.
    pub fn others(&self) -> Option<H>
    where
        H: Clone,
    {
        self.shared.others.clone()
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

/// For what the handle of one kind of limit does to all its keys.
impl<K, H> PerKeyHandle<K, H> {
    /// The handle of the limit that new keys get a copy of.
    pub(crate) fn model(&self) -> &H {
        &self.shared.model
    }

    /// Changes all keys there are, under no lock, because a change is told. They may then go sooner than they were to.
    pub(crate) fn change_all(&self, change: impl Fn(&H))
    where
        H: Clone,
    {
        self.handles().iter().for_each(change);
        self.look_again();
    }

    /// The handles of all keys there are.
    pub(crate) fn handles(&self) -> Vec<H>
    where
        H: Clone,
    {
        self.shared.keys.collect(|_, handle| handle.clone())
    }

    /// Notes that a key may go sooner than it was to.
    pub(crate) fn look_again(&self) {
        self.shared.keys.look_again();
    }

    /// What a call of this key would have. A key that is new gets a limit of its own; `None` if there is no room for it, which is told
    /// to nobody, because no call came.
    pub(crate) fn admit(&self, key: K, fork: impl FnOnce(&H, Key) -> H) -> Option<H::Own>
    where
        K: Hash + Eq,
        H: Retain,
    {
        self.shared.find(key, self.shared.now(), |key| fork(self.model(), key))
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
