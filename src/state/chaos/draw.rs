//! Numbers that are drawn for a call, and keys that are.

#![expect(
    deprecated,
    reason = "the hash must be the same in every process and version, which no other of the library's is"
)]

use std::hash::{Hash, Hasher, SipHasher};

use crate::state::draws::{STEP, fraction, mix};

/// The numbers of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// Those of the n-th call.
    pub(super) const fn of(seed: u64, n: u64) -> Self {
        Self(mix(seed ^ mix(n.wrapping_add(STEP))))
    }

    /// The next number, from 0 and less than 1.
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(STEP);
        fraction(mix(self.0))
    }
}

/// Returns whether a key is one of this share of all keys: for one seed, the same keys in every process.
pub(crate) fn is_drawn(seed: u64, key: &impl Hash, share: f64) -> bool {
    let mut hasher = SipHasher::new_with_keys(seed, 0);
    key.hash(&mut hasher);
    fraction(hasher.finish()) < share
}
