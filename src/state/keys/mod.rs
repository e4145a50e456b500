//! What is kept for each key: at most so many, and those nobody needs make room for new ones.
//!
//! A key that is known is found under the read lock of its shard, and nothing more. A new one goes through a gate, one at a
//! time; only there are entries added and let go of, so the capacity is exact. An entry is let go of when it was idle for
//! long enough and nothing retains it; a call takes what it finds under the lock of its shard, so none goes that is in use.
//!
//! A sweep looks at all entries, and takes the write lock of a shard only where one may go. Maps of up to 64 entries are swept on
//! every miss. Larger ones are swept only once an entry can have expired, and then after misses for an eighth of the entries,
//! or after a pause. Until an entry can have expired, a new key finds a full map full without the gate. So a flood of new keys makes no call look at more than eight entries, on average over the misses. Approximate by
//! this: of many entries in a full map, one that may go stays for up to an eighth as many misses as there are entries, or for the
//! pause, whichever is over first. Bounded by `a_flood_looks_at_eight_entries_a_miss_at_most` and
//! `however_rare_misses_are_an_entry_goes_after_a_pause`.
//!
//! An entry is idle from when a call last came for it, or a sweep last found it in use: what ended between two sweeps leaves no
//! trace, because a call that ends writes nothing here.
//!
//! Of what is the user's, a key's `eq` and `clone` run under a lock; its `hash` and `drop` do not.

mod hashed;
mod shard;

use std::{
    array,
    collections::HashMap,
    fmt,
    hash::{BuildHasher, Hash},
};

use self::{
    hashed::{Hashed, Seeds},
    shard::{Entry, Shard, Slot},
};
use crate::{
    sync::{AtomicU64, Mutex, Ordering, RwLock},
    time::Nanos,
};

const SHARDS: usize = if cfg!(all(loom, test)) { 2 } else { 16 };

/// A sweep waits for misses for one of so many entries.
const ENTRIES_PER_MISS: usize = 8;

/// So few are swept for each miss.
const FEW: usize = 64;

/// The shortest pause: 100 ms.
const SHORTEST_PAUSE: Nanos = Nanos(100_000_000);

/// How long an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retention {
    Free,
    /// At most until then: what was set by hand may be undone at any moment.
    Until(Nanos),
    Used,
}

/// What can be kept for a key.
pub(crate) trait Retain: Clone {
    /// What a call takes along.
    type Own;

    /// Gives it to a call: while there is one, the entry is in use. With a mere clone it is not.
    fn for_call(&self) -> Self::Own;

    /// How long it is kept, besides having been used lately. It is asked while no call can take the entry from the map.
    fn retention(&self) -> Retention;
}

pub(crate) struct Keys<K, V> {
    shards: [RwLock<Shard<K, V>>; SHARDS],
    hasher: Seeds,
    gate: Mutex<Gate>,
    /// In a full map the earliest moment at which an entry may go, in nanoseconds; else zero. Written under the gate.
    full_until: AtomicU64,
    capacity: usize,
    idle: Nanos,
}

/// What changes only with the entries. Apart from what each lookup reads.
#[repr(align(128))]
struct Gate {
    len: usize,
    /// The earliest moment at which an entry may go.
    next: Nanos,
    swept: Nanos,
    /// Misses at the gate since then.
    missed: usize,
    /// Entries looked at since it was made.
    #[cfg(all(test, not(loom)))]
    looks: usize,
}

impl<K, V> Keys<K, V> {
    pub(crate) fn new(capacity: usize, idle: Nanos) -> Self {
        Self {
            shards: array::from_fn(|_| RwLock::new(Shard(HashMap::default()))),
            hasher: Seeds::default(),
            gate: Mutex::new(Gate::new()),
            full_until: AtomicU64::new(0),
            capacity,
            idle,
        }
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn len(&self) -> usize {
        self.gate.lock().len
    }

    /// Runs something while nobody passes the gate.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn while_nobody_passes<T>(&self, run: impl FnOnce() -> T) -> T {
        let gate = self.gate.lock();
        let result = run();
        drop(gate);
        result
    }

    /// How many entries sweeps have looked at.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn looks(&self) -> usize {
        self.gate.lock().looks
    }

    /// All keys and what is kept for them at one moment, in no order.
    pub(crate) fn entries(&self) -> Vec<(K, V)>
    where
        K: Clone,
        V: Clone,
    {
        let gate = self.gate.lock();
        let mut entries = Vec::with_capacity(gate.len);
        for shard in &self.shards {
            entries.extend(shard.read().0.iter().map(|(hashed, slot)| (hashed.key.clone(), slot.value.clone())));
        }
        drop(gate);
        entries
    }

    /// All keys at one moment, in no order.
    pub(crate) fn keys(&self) -> Vec<K>
    where
        K: Clone,
    {
        let gate = self.gate.lock();
        let mut keys = Vec::with_capacity(gate.len);
        for shard in &self.shards {
            keys.extend(shard.read().0.keys().map(|hashed| hashed.key.clone()));
        }
        drop(gate);
        keys
    }
}

impl<K: Hash + Eq, V: Clone> Keys<K, V> {
    /// What is kept for the key, which does not count as a use.
    pub(crate) fn get(&self, key: K) -> Option<V> {
        let key = self.hashed(key);
        self.shard(&key).read().0.get(&key).map(|slot| slot.value.clone())
    }

    #[inline(always)]
    fn hashed(&self, key: K) -> Hashed<K> {
        Hashed { hash: self.hasher.hash_one(&key), key }
    }

    #[inline(always)]
    fn shard(&self, key: &Hashed<K>) -> &RwLock<Shard<K, V>> {
        // Neither the lowest bits nor the highest, because by those a map finds its places.
        &self.shards[(key.hash >> 32) as usize % SHARDS]
    }
}

impl<K: Hash + Eq, V: Retain> Keys<K, V> {
    /// What a call has of the key; for a new key, of what `make` makes if there is room.
    #[inline(always)]
    pub(crate) fn admit(&self, key: K, now: Nanos, make: impl FnOnce(&K) -> V) -> Option<V::Own> {
        let key = self.hashed(key);
        match self.find(&key, now) {
            None => self.admit_new(key, now, make),
            found => found,
        }
    }

    #[inline(always)]
    fn find(&self, key: &Hashed<K>, now: Nanos) -> Option<V::Own> {
        let shard = self.shard(key).read();
        let slot = shard.0.get(key)?;
        slot.used.store(now.0, Ordering::Relaxed);
        Some(slot.value.for_call())
    }

    #[cold]
    #[inline(never)]
    fn admit_new(&self, key: Hashed<K>, now: Nanos, make: impl FnOnce(&K) -> V) -> Option<V::Own> {
        // Pairs with the release in `note`: if this key took the last place since it was looked for, it is found now.
        if now.0 < self.full_until.load(Ordering::Acquire) {
            return self.find(&key, now);
        }
        let (found, gone) = self.pass_gate(key, now, make);
        // Under no lock, because it runs what is the user's.
        drop(gone);
        found
    }

    fn pass_gate(&self, key: Hashed<K>, now: Nanos, make: impl FnOnce(&K) -> V) -> (Option<V::Own>, Vec<Entry<K, V>>) {
        let mut gate = self.gate.lock();
        // Another may have come through the gate with this key since it was looked for.
        if let Some(known) = self.find(&key, now) {
            return (Some(known), Vec::new());
        }
        gate.missed += 1;
        let gone = if gate.is_due(self.idle, now) { self.sweep(&mut gate, now) } else { Vec::new() };
        if gate.len >= self.capacity {
            self.note(&gate);
            return (None, gone);
        }
        let value = make(&key.key);
        let own = value.for_call();
        let replaced = self.shard(&key).write().0.insert(key, Slot { value, used: AtomicU64::new(now.0) });
        // A key whose `eq` contradicts itself was in after all.
        gate.len += usize::from(replaced.is_none());
        gate.next = gate.next.min(now.saturating_add(self.idle));
        self.note(&gate);
        (Some(own), gone)
    }

    /// Notes whether the map is full, and until when.
    fn note(&self, gate: &Gate) {
        let until = if gate.len < self.capacity || gate.len <= FEW { 0 } else { gate.next.0 };
        // Who does not come through the gate reads it: it is written only if it changed.
        if self.full_until.load(Ordering::Relaxed) != until {
            self.full_until.store(until, Ordering::Release);
        }
    }

    /// Takes out all entries that may go.
    fn sweep(&self, gate: &mut Gate, now: Nanos) -> Vec<Entry<K, V>> {
        let (mut gone, mut next) = (Vec::new(), Nanos::MAX);
        (gate.swept, gate.missed) = (now, 0);
        for shard in &self.shards {
            let earliest = gate.look(&shard.read(), self.idle, now);
            if earliest > now {
                next = next.min(earliest);
                continue;
            }
            let mut shard = shard.write();
            // So that the count is right even if a key's `eq` panics; then, the next sweep is due as this one was.
            gate.len -= shard.0.len();
            gone.extend(shard.part(|slot| {
                let free_at = slot.free_at(self.idle, now);
                if free_at > now {
                    next = next.min(free_at);
                }
                free_at > now
            }));
            gate.len += shard.0.len();
        }
        gate.next = next;
        gone
    }
}

impl Gate {
    const fn new() -> Self {
        Self {
            len: 0,
            next: Nanos::MAX,
            swept: Nanos(0),
            missed: 0,
            #[cfg(all(test, not(loom)))]
            looks: 0,
        }
    }

    fn is_due(&self, idle: Nanos, now: Nanos) -> bool {
        let pause = SHORTEST_PAUSE.max(Nanos(idle.0 / 8));
        let paid = self.missed.saturating_mul(ENTRIES_PER_MISS) >= self.len;
        self.len <= FEW || now >= self.next && (paid || now >= self.swept.saturating_add(pause))
    }

    /// The earliest moment at which an entry of the shard may go.
    #[cfg_attr(not(all(test, not(loom))), expect(clippy::unused_self, reason = "only tests count"))]
    fn look<K, V: Retain>(&mut self, shard: &Shard<K, V>, idle: Nanos, now: Nanos) -> Nanos {
        #[cfg(all(test, not(loom)))]
        {
            self.looks += shard.0.len();
        }
        shard.0.values().map(|slot| slot.free_at(idle, now)).min().unwrap_or(Nanos::MAX)
    }
}

impl<K, V> fmt::Debug for Keys<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("len", &self.len()).field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
