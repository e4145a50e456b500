//! Keys with their hash, so that it is computed once.

use std::hash::{Hash, Hasher};

/// Random, so that nobody can choose keys that meet in one shard.
#[cfg(not(all(loom, test)))]
pub(super) type Seeds = std::hash::RandomState;

/// The same in each run of a model.
#[cfg(all(loom, test))]
pub(super) type Seeds = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

/// A key and its hash, which is computed once.
pub(super) struct Hashed<K> {
    pub(super) hash: u64,
    pub(super) key: K,
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
pub(super) struct AsItIs(u64);

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
