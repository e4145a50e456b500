//! Counters that threads write on lines of their own.
//!
//! A stripe is a row of words; each thread writes to one stripe, and reading sums over all. So counting a call touches no
//! line that another thread writes, as long as there are no more threads than stripes; more share, and still lose nothing.
//! A stripe is made when the first thread that writes to it comes.
//!
//! A word holds a *tag* beside its count, and a count under another tag is zero: what has expired is never cleared.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 36..64 | tag | wraps |
//! | 0..36 | count | wraps from 2^36 to 2^35: exact modulo 2^35, and what was once large stays large |
//!
//! Approximate: a word that is not written while 2^28 tags pass, or up to 2^16 fewer, is taken for current or for later. With
//! buckets of three seconds that is 25 years without a call; with the finest, of a millisecond, three days. A transition takes
//! as many as two windows.

use std::array;

use crate::sync::{AtomicU64, OnceLock, Ordering, thread_number};

/// As many as threads commonly run at once; one for each thread of a model.
const STRIPES: usize = if cfg!(all(loom, test)) { 3 } else { 8 };

/// Two cache lines, because processors fetch them in pairs.
const WORDS_PER_LINE: usize = 16;

#[derive(Debug)]
#[repr(align(128))]
struct Line([AtomicU64; WORDS_PER_LINE]);

#[derive(Debug)]
pub(crate) struct Stripe(Box<[Line]>);

impl Stripe {
    fn new(words: usize) -> Self {
        let line = || Line(array::from_fn(|_| AtomicU64::new(0)));
        Self((0..words.div_ceil(WORDS_PER_LINE)).map(|_| line()).collect())
    }

    pub(crate) fn word(&self, index: usize) -> &AtomicU64 {
        &self.0[index / WORDS_PER_LINE].0[index % WORDS_PER_LINE]
    }
}

#[derive(Debug)]
pub(crate) struct Stripes {
    slots: [OnceLock<Stripe>; STRIPES],
    words: usize,
}

impl Stripes {
    /// Makes stripes of `words` counters each.
    pub(crate) fn new(words: usize) -> Self {
        let stripes = Self { slots: array::from_fn(|_| OnceLock::new()), words };
        if cfg!(all(loom, test)) {
            // A model does not see that they are made before they are read.
            stripes.slots.iter().for_each(|slot| drop(slot.set(Stripe::new(words))));
        }
        stripes
    }

    /// The stripe that this thread writes to.
    pub(crate) fn mine(&self) -> &Stripe {
        self.slots[thread_number() % STRIPES].get_or_init(|| Stripe::new(self.words))
    }

    /// The count at `index` under `tag`, over all stripes.
    pub(crate) fn sum(&self, index: usize, tag: Tag) -> u64 {
        self.each(index).map(|word| tag.read(word)).sum()
    }

    /// The count at `index` where it has no tag, over all stripes.
    pub(crate) fn total(&self, index: usize) -> u64 {
        self.each(index).map(|word| word.load(Ordering::Relaxed)).sum()
    }

    fn each(&self, index: usize) -> impl Iterator<Item = &AtomicU64> {
        self.slots.iter().filter_map(OnceLock::get).map(move |stripe| stripe.word(index))
    }
}

const COUNT_BITS: u32 = 36;
const COUNT_END: u64 = 1 << COUNT_BITS;
const COUNT_MASK: u64 = COUNT_END - 1;
const TAG_MASK: u64 = u64::MAX >> COUNT_BITS;

/// A tag less far ahead than this is of a later time, which a straggler missed; further ahead, it is of a time long gone.
const LATER: u64 = 1 << 16;

/// What a count belongs to: a bucket of time, or a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Tag {
    /// Counts are exact modulo this number.
    pub(crate) const MODULUS: u64 = COUNT_END / 2;

    pub(crate) const fn new(number: u64) -> Self {
        Self(number & TAG_MASK)
    }

    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    /// Whether `other` is of a later time than this one.
    pub(crate) const fn is_before(self, other: Self) -> bool {
        let ahead = other.0.wrapping_sub(self.0) & TAG_MASK;
        0 < ahead && ahead < LATER
    }

    pub(crate) fn read(self, word: &AtomicU64) -> u64 {
        // Acquire pairs with Release in `bump`: who sees a count sees the counts that were bumped before it.
        let word = word.load(Ordering::Acquire);
        if word >> COUNT_BITS == self.0 { word & COUNT_MASK } else { 0 }
    }

    /// Counts one more, unless the word is at a later tag already.
    pub(crate) fn bump(self, word: &AtomicU64) {
        let mut seen = word.load(Ordering::Relaxed);
        while let Some(next) = self.bumped(seen) {
            // Release pairs with Acquire in `read`.
            match word.compare_exchange_weak(seen, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    const fn bumped(self, word: u64) -> Option<u64> {
        let (tag, count) = (Self(word >> COUNT_BITS), word & COUNT_MASK);
        if count > 0 && self.is_before(tag) {
            return None;
        }
        let count = if tag.0 == self.0 { count } else { 0 };
        let count = if count + 1 == COUNT_END { Self::MODULUS } else { count + 1 };
        Some(self.0 << COUNT_BITS | count)
    }
}
