//! What is kept for each key: at most so many, and those nobody needs make room for new ones.
//!
//! A key that is known is found under the read lock of its shard, and nothing more. A new one goes through a gate, one at a
//! time; only there are entries added and let go of, so the capacity is exact. An entry is let go of when no call has come
//! for its key for `idle` and nothing ties it; who finds an entry clones it under the lock of its shard, so none goes that
//! is in use, where the entry can tell.
//!
//! A sweep looks at all entries. It is not made before the earliest moment at which one may go, and after one come
//! misses for an eighth of the entries, or a pause, before the next. So a flood of new keys makes no call look at more than
//! eight entries, on average over the misses. Approximate by this: in a full map an entry that may go stays for up to an
//! eighth as many misses as there are entries, or for the pause, whichever is over first; one that a sweep found tied, for
//! another eighth of `idle`. Bounded by `a_flood_looks_at_eight_entries_a_miss_at_most` and
//! `however_rare_misses_are_an_entry_goes_after_a_pause`.
//!
//! Of what is the user's, a key's `eq`, `clone` and `drop` run under a lock.

use std::{
    array,
    collections::HashMap,
    fmt,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher},
};

use crate::{
    sync::{AtomicU64, Mutex, Ordering, RwLock},
    time::Nanos,
};

const SHARDS: usize = if cfg!(all(loom, test)) { 2 } else { 16 };

/// A sweep waits for misses for one of so many entries.
const ENTRIES_PER_MISS: usize = 8;

/// The shortest pause: 100 ms.
const SHORTEST_PAUSE: Nanos = Nanos(100_000_000);

/// What holds an entry in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    Free,
    Until(Nanos),
    /// It is in use, or was set by hand.
    Used,
}

/// What can be kept for a key.
pub(crate) trait Tied: Clone {
    /// What holds it, besides having been used lately. Whoever asks has it alone, but for its clones.
    fn tie(&mut self) -> Tie;
}

pub(crate) struct Keys<K, V> {
    shards: [RwLock<Shard<K, V>>; SHARDS],
    hasher: Seeds,
    gate: Mutex<Gate>,
    capacity: usize,
    idle: Nanos,
}

/// Random, so that nobody can choose keys that meet in one shard.
#[cfg(not(all(loom, test)))]
type Seeds = std::hash::RandomState;

/// The same in each run of a model.
#[cfg(all(loom, test))]
type Seeds = BuildHasherDefault<std::hash::DefaultHasher>;

/// Two cache lines, because processors fetch them in pairs.
#[repr(align(128))]
struct Shard<K, V>(HashMap<Hashed<K>, Slot<V>, BuildHasherDefault<AsItIs>>);

struct Slot<V> {
    value: V,
    /// When a call came for it.
    used: AtomicU64,
}

/// What changes only with the entries.
struct Gate {
    len: usize,
    /// The earliest moment at which an entry may go.
    next: Nanos,
    swept: Nanos,
    /// Misses since then.
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

    /// How many entries sweeps have looked at.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn looks(&self) -> usize {
        self.gate.lock().looks
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
    fn find(&self, key: &Hashed<K>, now: Nanos) -> Option<V> {
        let shard = self.shard(key).read();
        let slot = shard.0.get(key)?;
        slot.used.store(now.0, Ordering::Relaxed);
        Some(slot.value.clone())
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

impl<K: Hash + Eq, V: Tied> Keys<K, V> {
    /// What is kept for the key; for a new key, what `make` makes if there is room.
    #[inline(always)]
    pub(crate) fn admit(&self, key: K, now: Nanos, make: impl FnOnce() -> V) -> Option<V> {
        let key = self.hashed(key);
        match self.find(&key, now) {
            None => self.admit_new(key, now, make),
            found => found,
        }
    }

    #[cold]
    #[inline(never)]
    fn admit_new(&self, key: Hashed<K>, now: Nanos, make: impl FnOnce() -> V) -> Option<V> {
        let mut gate = self.gate.lock();
        // Another may have come through the gate with this key since it was looked for.
        if let Some(known) = self.find(&key, now) {
            return Some(known);
        }
        gate.missed += 1;
        if gate.is_due(self.idle, now) {
            self.sweep(&mut gate, now);
        }
        if gate.len >= self.capacity {
            return None;
        }
        let value = make();
        let slot = Slot { value: value.clone(), used: AtomicU64::new(now.0) };
        self.shard(&key).write().0.insert(key, slot);
        gate.len += 1;
        gate.next = gate.next.min(now.saturating_add(self.idle));
        Some(value)
    }

    /// Lets go of all entries that may go.
    fn sweep(&self, gate: &mut Gate, now: Nanos) {
        gate.begin_sweep(now);
        for shard in &self.shards {
            shard.write().0.retain(|_, slot| gate.keeps(slot.free_at(self.idle, now), now));
        }
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
        let pause = SHORTEST_PAUSE.max(again(idle));
        let paid = self.missed.saturating_mul(ENTRIES_PER_MISS) >= self.len;
        now >= self.next && (paid || now >= self.swept.saturating_add(pause))
    }

    const fn begin_sweep(&mut self, now: Nanos) {
        (self.next, self.swept, self.missed) = (Nanos::MAX, now, 0);
    }

    /// Whether an entry that may go at `free_at` stays.
    fn keeps(&mut self, free_at: Nanos, now: Nanos) -> bool {
        #[cfg(all(test, not(loom)))]
        {
            self.looks += 1;
        }
        let stays = free_at > now;
        if stays {
            self.next = self.next.min(free_at);
        } else {
            self.len -= 1;
        }
        stays
    }
}

impl<V: Tied> Slot<V> {
    /// When it may go; for one that is in use, when to look at it again.
    fn free_at(&mut self, idle: Nanos, now: Nanos) -> Nanos {
        let idle_at = Nanos(self.used.load(Ordering::Relaxed)).saturating_add(idle);
        if idle_at > now {
            return idle_at;
        }
        match self.value.tie() {
            Tie::Free => idle_at,
            Tie::Until(until) => until,
            // It stays, however short the time is.
            Tie::Used => now.saturating_add(again(idle).max(Nanos(1))),
        }
    }
}

/// After which time to look again at what was in use.
const fn again(idle: Nanos) -> Nanos {
    Nanos(idle.0 / 8)
}

/// A key and its hash, which is so taken once.
struct Hashed<K> {
    hash: u64,
    key: K,
}

impl<K: Eq> PartialEq for Hashed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.key == other.key
    }
}

impl<K: Eq> Eq for Hashed<K> {}

impl<K> Hash for Hashed<K> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.hash);
    }
}

/// Takes a hash as it is.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a hash is one number");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<K, V> fmt::Debug for Keys<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("len", &self.len()).field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
