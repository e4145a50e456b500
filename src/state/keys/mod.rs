//! What is kept for each key: a bounded map, in which unused keys make room for new ones.
//!
//! A known key is found under the read lock of its shard. A new key passes a gate, one at a time. Entries are added and removed
//! only there, so the capacity is exact. An entry is removed when it was idle for long enough and nothing retains it. A call takes
//! what it finds under the lock of the shard, so no entry in use is removed.
//!
//! A sweep looks at all entries, and takes the write lock of a shard only where an entry may be removed. Maps of up to 64
//! entries are swept on every miss. Larger ones are swept only once an entry can have expired, and then after misses for an
//! eighth of the entries, or after a pause. Until an entry can have expired, a new key learns without the gate that a full map
//! is full. So in a flood of new keys, each miss looks at eight entries at most, on average. The price: in a full map of many
//! entries, an entry that may be removed can stay for that many misses, or for the pause, whichever ends first. Bounded by
//! `a_flood_looks_at_eight_entries_a_miss_at_most` and `however_rare_misses_are_an_entry_goes_after_a_pause`.
//!
//! An entry is idle since a call last came for it, or since a sweep last found it in use. A use that ends between two sweeps
//! leaves no trace, because a call that ends writes nothing here.
//!
//! A key's `eq` and `clone` are the user's code and run under a lock; its `hash` and `drop`, and what shows it, do not.

mod hashed;
mod retain;
mod shard;

use std::collections::HashMap;
use std::hash::Hash;
use std::{array, fmt};

pub(in crate::state) use self::hashed::AsItIs;
pub(crate) use self::hashed::{Hashed, Seeds};
pub(crate) use self::retain::{Retain, Retention};
use self::shard::{Entry, Shard, Slot};
use crate::sync::{AtomicU64, Mutex, Ordering, RwLock};
use crate::time::Nanos;

/// The most keys of a map, unless it is told otherwise.
pub(crate) const CAPACITY: usize = 1000;

/// How long a map keeps an unused key, unless it is told otherwise: 5 minutes.
pub(crate) const IDLE: Nanos = Nanos(300_000_000_000);

const SHARDS: usize = if cfg!(all(loom, test)) { 2 } else { 16 };

/// A sweep waits for one miss for this many entries.
const ENTRIES_PER_MISS: usize = 8;

/// Maps of up to this many entries are swept on every miss.
const FEW: usize = 64;

/// The shortest pause between sweeps: 100 ms.
const SHORTEST_PAUSE: Nanos = Nanos(100_000_000);

pub(crate) struct Keys<K, V> {
    shards: [RwLock<Shard<K, V>>; SHARDS],
    hasher: Seeds,
    gate: Mutex<Gate>,
    /// In a full map, the earliest moment at which an entry may be removed, in nanoseconds; otherwise zero. Written under the
    /// gate.
    full_until: AtomicU64,
    capacity: usize,
    idle: Nanos,
}

/// What changes only with the entries. It is on cache lines of its own, apart from what each lookup reads.
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

    /// What `take` takes of each entry, all at one moment, in no order.
    pub(crate) fn collect<T>(&self, take: impl Fn(&K, &V) -> T) -> Vec<T> {
        let gate = self.gate.lock();
        let mut taken = Vec::with_capacity(gate.len);
        for shard in &self.shards {
            taken.extend(shard.read().0.iter().map(|(hashed, slot)| take(&hashed.key, &slot.value)));
        }
        drop(gate);
        taken
    }

    /// Forgets when an entry may go first: something has changed that.
    pub(crate) fn look_again(&self) {
        let mut gate = self.gate.lock();
        gate.next = Nanos(0);
        self.full_until.store(0, Ordering::Release);
    }
}

impl<K: Hash + Eq, V: Clone> Keys<K, V> {
    /// What is kept for the key. Asking does not count as a use.
    pub(crate) fn get(&self, key: K) -> Option<V> {
        let key = self.hashed(key);
        self.shard(&key).read().0.get(&key).map(|slot| slot.value.clone())
    }

    #[inline(always)]
    fn hashed(&self, key: K) -> Hashed<K> {
        Hashed::new(&self.hasher, key)
    }

    #[inline(always)]
    fn shard(&self, key: &Hashed<K>) -> &RwLock<Shard<K, V>> {
        &self.shards[key.part(SHARDS)]
    }
}

impl<K: Hash + Eq, V: Retain> Keys<K, V> {
    /// Gives a call what is kept for the key. For a new key, `prepare` gives what makes it if there is room.
    #[inline(always)]
    pub(crate) fn admit<M>(&self, key: K, now: Nanos, prepare: impl FnOnce(&K) -> M) -> Option<V::Own>
    where
        M: FnOnce() -> V,
    {
        let key = self.hashed(key);
        match self.find(&key, now) {
            None => self.admit_new(key, now, prepare),
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
    fn admit_new<M>(&self, key: Hashed<K>, now: Nanos, prepare: impl FnOnce(&K) -> M) -> Option<V::Own>
    where
        M: FnOnce() -> V,
    {
        // Pairs with the release in `note`: if this key took the last place since it was looked for, it is found now.
        if now.0 < self.full_until.load(Ordering::Acquire) {
            return self.find(&key, now);
        }
        // Preparing and dropping run the user's code, so both are under no lock.
        let make = prepare(&key.key);
        let (found, gone) = self.pass_gate(key, now, make);
        drop(gone);
        found
    }

    fn pass_gate(&self, key: Hashed<K>, now: Nanos, make: impl FnOnce() -> V) -> (Option<V::Own>, Vec<Entry<K, V>>) {
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
        let value = make();
        let own = value.for_call();
        let replaced = self.shard(&key).write().0.insert(key, Slot { value, used: AtomicU64::new(now.0) });
        // A key whose `eq` contradicts itself was in after all.
        gate.len += usize::from(replaced.is_none());
        gate.next = gate.next.min(if V::LINGERS { now.saturating_add(self.idle) } else { now });
        self.note(&gate);
        (Some(own), gone)
    }

    /// Notes whether the map is full, and until when.
    fn note(&self, gate: &Gate) {
        let until = if gate.len < self.capacity || gate.len <= FEW { 0 } else { gate.next.0 };
        // Calls that do not pass the gate read it, so it is written only if it changed.
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
            // The count stays right even if a key's `eq` panics. Then the next sweep is due as this one was.
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
