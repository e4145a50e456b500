//! The calls in flight, each under its key.
//!
//! Nobody takes a call out that is over or gone. Another of its key takes its place; where it has a place of its own, it is thrown out
//! by the call that finds the table full. So a table has room for twice the calls that there are, and for a few.

use crate::state::keys::{Hashed, Table, part};
use crate::sync::Mutex;

/// What leads to a call, and does not hold it.
pub(crate) trait Leads {
    /// Whether all callers have left the call.
    fn is_gone(&self) -> bool;
}

/// A part of the calls. A key's `eq` is the user's code and runs under its lock.
///
/// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
pub(crate) struct Shard<K, F>(Mutex<Table<K, F>>);

/// A table has room for at least so many calls more, whenever it was full.
const FEW: usize = 12;

impl<K: Eq, F: Leads> Shard<K, F> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Table::default()))
    }

    /// Shares the call of this key by `join`. Where there is none, or it cannot be shared any more, `begin` begins one.
    pub(crate) fn board<T>(
        &self,
        key: Hashed<K>,
        join: impl FnOnce(&F) -> Option<T>,
        begin: impl FnOnce() -> (F, T),
    ) -> T {
        let mut calls = self.0.lock();
        let mut known = calls.get_mut(&key);
        if let Some(joined) = known.as_deref().and_then(join) {
            return joined;
        }
        let (call, first) = begin();
        if let Some(over) = &mut known {
            **over = call;
            return first;
        }
        let gone = make_room(&mut calls);
        calls.insert(key, call);
        drop(calls);
        // These are keys of the user's.
        drop(gone);
        first
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}

/// Throws out what is gone, if the table is full.
#[inline]
fn make_room<K: Eq, F: Leads>(calls: &mut Table<K, F>) -> Vec<(Hashed<K>, F)> {
    if calls.len() < calls.capacity() {
        return Vec::new();
    }
    let gone = part(calls, |call| !call.is_gone());
    calls.reserve(calls.len().max(FEW));
    gone
}
