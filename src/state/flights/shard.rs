//! The calls in flight, each under its key.
//!
//! Nobody takes a call out when it is over: its callers would have to come back for that, under the lock. Another call of its key takes
//! its place, and the one that finds the table full throws out all that are gone. So a table holds at most four times as many keys as
//! calls were in flight when it was last full, or 28. Bounded by `calls_that_are_gone_leave_few_entries` and
//! `calls_in_flight_stay_while_others_come_and_go`.

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
