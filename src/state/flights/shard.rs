//! The calls in flight, each under its key.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::state::keys::{AsItIs, Hashed};
use crate::sync::Mutex;

/// A call under a key. Clones are the same call.
pub(crate) trait Keyed: Clone {
    type Key: Eq;

    fn key(&self) -> &Hashed<Self::Key>;

    fn is(&self, other: &Self) -> bool;
}

/// A part of the calls. A key's `eq` is the user's code and runs under its lock.
///
/// Two cache lines, because processors fetch them in pairs: its count of owners is on the first of them.
#[repr(align(128))]
pub(crate) struct Shard<F: Keyed>(Mutex<HashSet<Entry<F>, BuildHasherDefault<AsItIs>>>);

struct Entry<F>(F);

impl<F: Keyed> Shard<F> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashSet::default()))
    }

    /// Shares the call of this key by `join`. Where there is none, or it cannot be shared any more, `begin` begins one under it.
    pub(crate) fn board<T>(
        &self,
        key: Hashed<F::Key>,
        join: impl FnOnce(&F) -> Option<T>,
        begin: impl FnOnce(Hashed<F::Key>) -> (F, T),
    ) -> T {
        let mut calls = self.0.lock();
        if let Some(joined) = calls.get(&key).and_then(|Entry(call)| join(call)) {
            return joined;
        }
        let (call, first) = begin(key);
        let over = calls.replace(Entry(call));
        drop(calls);
        // It holds the user's key and response.
        drop(over);
        first
    }

    /// Forgets a call, unless there is another under its key by now.
    pub(crate) fn forget(&self, call: &F) {
        let mut calls = self.0.lock();
        let mut gone = calls.take(call.key());
        // Most often it is there, so that one look is enough.
        if let Some(next) = gone.take_if(|Entry(other)| !other.is(call)) {
            calls.insert(next);
        }
        drop(calls);
        drop(gone);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

impl<F: Keyed> Borrow<Hashed<F::Key>> for Entry<F> {
    fn borrow(&self) -> &Hashed<F::Key> {
        self.0.key()
    }
}

impl<F: Keyed> PartialEq for Entry<F> {
    fn eq(&self, other: &Self) -> bool {
        self.0.key() == other.0.key()
    }
}

impl<F: Keyed> Eq for Entry<F> {}

impl<F: Keyed> Hash for Entry<F> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.key().hash(hasher);
    }
}
