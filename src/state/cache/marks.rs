//! What was thrown away, for calls that had begun before: their responses are not kept.
//!
//! A call notes a mark when it begins. When it ends, it keeps its response under the key, and then asks whether the mark is still the
//! same: if so, the response is used from now on. Who throws something away changes the mark, and then takes it out of its place. So
//! either the call sees the change, or the other sees what the call has kept. Who throws all away begins a new era, and nothing of
//! another is used. Exact; but keys share marks, so a call may lose its response to another key: of the responses about `n / 4,096`
//! are lost where `n` keys are thrown away while a call lasts.

use crate::sync::{AtomicU64, Ordering, fence};

/// How many marks keys share: 32 KiB of them. A model has two.
const STRIPES: usize = if cfg!(all(loom, test)) { 2 } else { 4096 };

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

    /// Keeps by `put` the response of a call that noted this mark, unless it was thrown away. Says whether it may be used.
    #[must_use]
    pub(crate) fn keep(&self, mark: Mark, put: impl FnOnce()) -> bool {
        let is_same = || self.now(mark.stripe) == mark;
        // What is known to be thrown away takes the place of nothing that came after.
        if !is_same() {
            return false;
        }
        put();
        // Pairs with the fence in `throw_away`.
        fence(Ordering::SeqCst);
        is_same()
    }

    /// Throws away what is kept of a key with this hash: `take_out` takes it out of its place.
    pub(crate) fn throw_away(&self, hash: u64, take_out: impl FnOnce()) {
        self.stripes[stripe(hash)].fetch_add(1, Ordering::Release);
        // Pairs with the fence in `keep`.
        fence(Ordering::SeqCst);
        take_out();
    }

    /// Throws all away: what was kept in an era before is of no use, wherever it is.
    pub(crate) fn throw_all_away(&self) {
        self.era.fetch_add(1, Ordering::Release);
    }

    fn now(&self, stripe: usize) -> Mark {
        Mark { stripe, count: self.stripes[stripe].load(Ordering::Acquire), era: self.era() }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lowest bits are enough")]
const fn stripe(hash: u64) -> usize {
    hash as usize % STRIPES
}
