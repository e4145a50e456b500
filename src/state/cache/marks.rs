//! What was thrown away, for calls that had begun before: their responses are not kept.
//!
//! A call notes a mark when it begins. When it ends, it keeps its response under the key, and then asks whether the mark is still the
//! same: if so, the response is used from now on. Who throws something away changes the mark, and then takes it out of its place. So
//! either the call sees the change, or the other sees what the call has kept. Exact; but keys share marks, so a call may lose its
//! response to another key: of the responses about `n / 4,096` are lost where `n` keys are thrown away while a call lasts.

use crate::sync::{AtomicU64, Ordering, fence};

/// How many marks keys share: 32 KiB of them.
const STRIPES: usize = 4096;

#[derive(Debug)]
pub(crate) struct Marks {
    /// Of all keys: it changes when all is thrown away.
    era: AtomicU64,
    stripes: Box<[AtomicU64]>,
}

/// The mark of a key. Its counts only grow, so it is the same while neither does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mark {
    stripe: usize,
    count: u64,
    pub(crate) era: u64,
}

impl Marks {
    pub(crate) fn new() -> Self {
        Self { era: AtomicU64::new(0), stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect() }
    }

    /// The era of all that is used now.
    #[inline]
    pub(crate) fn era(&self) -> u64 {
        self.era.load(Ordering::Acquire)
    }

    /// The mark of a key with this hash, for a call that begins.
    pub(crate) fn of(&self, hash: u64) -> Mark {
        self.now(stripe(hash))
    }

    /// Whether nothing was thrown away since a call noted this mark. It has kept its response before it asks.
    pub(crate) fn is_same(&self, mark: Mark) -> bool {
        // Pairs with the fences in `change` and `change_all`.
        fence(Ordering::SeqCst);
        self.now(mark.stripe) == mark
    }

    /// A key is thrown away. What was kept of it is taken out of its place after this.
    pub(crate) fn change(&self, hash: u64) {
        self.stripes[stripe(hash)].fetch_add(1, Ordering::Release);
        // Pairs with the fence in `is_same`.
        fence(Ordering::SeqCst);
    }

    /// All is thrown away.
    pub(crate) fn change_all(&self) {
        self.era.fetch_add(1, Ordering::Release);
        // Pairs with the fence in `is_same`.
        fence(Ordering::SeqCst);
    }

    fn now(&self, stripe: usize) -> Mark {
        Mark { stripe, count: self.stripes[stripe].load(Ordering::Acquire), era: self.era() }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are enough")]
const fn stripe(hash: u64) -> usize {
    hash as usize % STRIPES
}
