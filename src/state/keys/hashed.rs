//! Keys with their hash, so that it is computed once.

use std::hash::{BuildHasher, Hash, Hasher};

/// Random, so that nobody can choose keys that meet in one shard.
#[cfg(not(all(loom, test)))]
pub(crate) type Seeds = std::hash::RandomState;

/// The same in each run of a model.
#[cfg(all(loom, test))]
pub(crate) type Seeds = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

/// A key and its hash, which is computed once.
pub(crate) struct Hashed<K> {
    hash: u64,
    pub(in crate::state) key: K,
}

impl<K: Hash> Hashed<K> {
    #[inline(always)]
    pub(crate) fn new(seeds: &Seeds, key: K) -> Self {
        Self { hash: seeds.hash_one(&key), key }
    }

    /// One of so many parts. Neither the lowest bits say it nor the highest, because maps find their places by those.
    #[inline(always)]
    pub(crate) const fn part(&self, parts: usize) -> usize {
        (self.hash >> 32) as usize % parts
    }
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
pub(in crate::state) struct AsItIs(u64);

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
