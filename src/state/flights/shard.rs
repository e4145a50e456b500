//! The calls in flight, each under its key.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::state::keys::{AsItIs, Hashed};
use crate::sync::Mutex;

/// A call under a key, whose hash it has. It is equal to its clones alone.
pub(crate) trait Keyed: Clone + Eq + Hash {
    type Key: Eq;

    fn key(&self) -> &Hashed<Self::Key>;
}

/// A part of the calls. A key's `eq` is the user's code and runs under its lock, but only where a call is boarded: a call is forgotten
/// by what it is, also while a panic unwinds, and one more would abort the process.
///
/// Two cache lines, because processors fetch them in pairs: its count of owners is on the first of them.
#[repr(align(128))]
pub(crate) struct Shard<F: Keyed>(Mutex<HashSet<Entry<F>, BuildHasherDefault<AsItIs>>>);

/// A call in the map, which finds it by its key or by itself.
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
        let gone = self.0.lock().take(call);
        // It holds the user's key and response.
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

impl<F: Keyed> Borrow<F> for Entry<F> {
    fn borrow(&self) -> &F {
        &self.0
    }
}
