//! Where a key belongs: rendezvous hashing (Thaler and Ravishankar, 1998).
//!
//! Each member has a score for each key, and the best takes it. So a member that goes moves no key but its own, and one that comes
//! takes only the keys that are its own. The scores are the same in every process that has members of the same names.

use std::hash::{Hash, Hasher};

use crate::state::draws::{STEP, mix};

/// The hash of a key, the same in every process.
pub(crate) fn key_hash<K: Hash + ?Sized>(key: &K) -> u64 {
    let mut hasher = Fixed(0xcbf2_9ce4_8422_2325);
    key.hash(&mut hasher);
    hasher.finish()
}

/// How much a key belongs to a name. Both are given by their hashes, which are mixed well, so one product, folded, mixes them enough.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
pub(super) const fn score(key: u64, name: u64) -> u64 {
    let product = (key ^ name) as u128 * STEP as u128;
    product as u64 ^ (product >> u64::BITS) as u64
}

/// FNV-1a (Fowler, Noll and Vo), mixed at its end.
struct Fixed(u64);

impl Hasher for Fixed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        mix(self.0)
    }
}
