//! A part of the map.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::mem;

use super::hashed::{AsItIs, Hashed};
use super::retain::{Retain, Retention};
use crate::sync::{AtomicU64, Ordering};
use crate::time::Nanos;

/// A table with room for this many keys does not shrink further.
const SMALL: usize = 32;

/// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
pub(super) struct Shard<K, V>(pub(super) HashMap<Hashed<K>, Slot<V>, BuildHasherDefault<AsItIs>>);

pub(super) type Entry<K, V> = (Hashed<K>, Slot<V>);

pub(super) struct Slot<V> {
    pub(super) value: V,
    /// When a call last came for it, or a sweep last found it in use.
    pub(super) used: AtomicU64,
}

impl<K: Eq, V> Shard<K, V> {
    /// Takes out the entries that do not stay. A table that is left less than a quarter full shrinks to twice what it holds.
    pub(super) fn part(&mut self, mut stays: impl FnMut(&Slot<V>) -> bool) -> Vec<Entry<K, V>> {
        // If it panics meanwhile, an empty table is left.
        let mut table = mem::take(&mut self.0);
        let (stay, gone): (Vec<_>, Vec<_>) = table.drain().partition(|(_, slot)| stays(slot));
        table.extend(stay);
        if table.capacity() > SMALL && table.len() < table.capacity() / 4 {
            table.shrink_to(2 * table.len());
        }
        self.0 = table;
        gone
    }
}

impl<V: Retain> Slot<V> {
    /// When it may be removed, as things stand. An entry in use counts as just used.
    pub(super) fn free_at(&self, idle: Nanos, now: Nanos) -> Nanos {
        let used = Nanos(self.used.load(Ordering::Relaxed));
        let idle_at = if V::LINGERS { used.saturating_add(idle) } else { used };
        if idle_at > now {
            return idle_at;
        }
        match self.value.retention() {
            Retention::Free => idle_at,
            // If it is closed by hand meanwhile, it may go sooner, and nobody tells: it is looked at again.
            Retention::Until(until) => until.min(now.saturating_add(idle.max(Nanos(1)))),
            Retention::Used => {
                // Not back: a call may come for it at the same time.
                self.used.fetch_max(now.0, Ordering::Relaxed);
                // It stays, however short the time is.
                now.saturating_add(idle.max(Nanos(1)))
            }
        }
    }
}
