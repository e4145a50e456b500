//! Counters that threads write on lines of their own.
//!
//! A stripe is a row of words. Each thread writes to a stripe of its own, and reading sums over all: so counting a call touches
//! no line that another thread writes, and takes a load and a store. The threads that come when all but one stripe are taken
//! share the last, and add to it atomically. A stripe is made when its first thread comes.
//!
//! A word holds a *tag* beside its count, and a count under another tag is zero: what has expired is never cleared.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 36..64 | tag | wraps |
//! | 0..36 | count | wraps from 2^36 to 2^35: exact modulo 2^35, and what was once large stays large |
//!
//! Approximate: a word that is not written while 2^28 tags pass, or up to 2^16 fewer, is taken for current or for later: bounded
//! by `a_tag_that_is_two_to_the_16_ahead_is_not_a_later_one` and
//! `a_window_counts_after_any_number_of_empty_generations`. With buckets of a second that is eight years without a
//! call; with the finest, of a millisecond, three days. A transition takes as many as two windows.

use std::array;

use super::per_thread::{self, PerThread};
use crate::sync::{AtomicU64, Ordering};

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

    #[inline(always)]
    pub(crate) fn word(&self, index: usize) -> &AtomicU64 {
        &self.0[index / WORDS_PER_LINE].0[index % WORDS_PER_LINE]
    }
}

#[derive(Debug)]
pub(crate) struct Stripes {
    stripes: PerThread<Stripe>,
    words: usize,
}

impl Stripes {
    /// Makes stripes of `words` counters each.
    pub(crate) fn new(words: usize) -> Self {
        Self { stripes: PerThread::new(|| Stripe::new(words)), words }
    }

    /// The stripe that this thread writes to.
    #[inline(always)]
    pub(crate) fn mine(&self) -> Mine<'_> {
        let per_thread::Mine { value: stripe, alone, .. } = self.stripes.mine(|| Stripe::new(self.words));
        Mine { stripe, alone }
    }

    /// All stripes there are.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Stripe> {
        self.stripes.each()
    }

    /// Whether anything was counted, under any tag.
    #[cfg(any(feature = "serde", test))]
    pub(crate) fn are_written(&self) -> bool {
        let words = self.each().flat_map(|stripe| (0..self.words).map(|index| stripe.word(index)));
        words.into_iter().any(|word| word.load(Ordering::Acquire) > 0)
    }

    /// The count at `index` under `tag`, over all stripes.
    pub(crate) fn sum(&self, index: usize, tag: Tag) -> u64 {
        self.each().map(|stripe| tag.read(stripe.word(index))).sum()
    }

    /// The count at `index` where it has no tag, over all stripes.
    pub(crate) fn total(&self, index: usize) -> u64 {
        // Acquire pairs with Release in `Mine::add`: who sees a count sees what its thread added before it.
        let counts = self.each().map(|stripe| stripe.word(index).load(Ordering::Acquire));
        counts.fold(0, u64::wrapping_add)
    }

    /// The largest number that `index` was raised to, over all stripes, and zero from then on.
    pub(crate) fn take_most(&self, index: usize) -> u64 {
        self.each().map(|stripe| stripe.word(index).swap(0, Ordering::Relaxed)).max().unwrap_or(0)
    }

    /// The sum of two words at `index`, over all stripes.
    pub(crate) fn total_wide(&self, index: usize) -> u128 {
        let word = |stripe: &Stripe, index| u128::from(stripe.word(index).load(Ordering::Relaxed));
        self.each().map(|stripe| word(stripe, index) + (word(stripe, index + 1) << u64::BITS)).sum()
    }
}

/// The stripe of the thread that asked. What it writes is released for who acquires it in `Tag::read`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mine<'a> {
    stripe: &'a Stripe,
    /// Whether no other thread writes to it.
    alone: bool,
}

impl Mine<'_> {
    /// Counts one more at `index`.
    #[inline(always)]
    pub(crate) fn count(self, index: usize) {
        self.add(index, 1);
    }

    /// Adds to the word at `index`, and returns what it was.
    #[inline(always)]
    pub(crate) fn add(self, index: usize, more: u64) -> u64 {
        let word = self.stripe.word(index);
        if self.alone {
            let before = word.load(Ordering::Relaxed);
            word.store(before.wrapping_add(more), Ordering::Release);
            before
        } else {
            word.fetch_add(more, Ordering::Release)
        }
    }

    /// Adds to a sum that has no end: of its two words, at `index` and after it, the second counts how often the first wrapped.
    #[inline(always)]
    pub(crate) fn add_wide(self, index: usize, more: u64) {
        if self.add(index, more).checked_add(more).is_none() {
            self.count(index + 1);
        }
    }

    /// Raises the number at `index` to this one, if it is smaller.
    ///
    /// A number that is taken meanwhile was the larger one, or this one counts as raised after that.
    #[inline(always)]
    pub(crate) fn raise(self, index: usize, to: u64) {
        let word = self.stripe.word(index);
        if word.load(Ordering::Relaxed) >= to {
            return;
        }
        if self.alone {
            word.store(to, Ordering::Relaxed);
        } else {
            word.fetch_max(to, Ordering::Relaxed);
        }
    }

    /// Adds to the count at `index` under `tag`, which is later than any tag that another thread writes.
    #[cfg(any(feature = "serde", test))]
    pub(crate) fn put(self, index: usize, tag: Tag, more: u64) {
        let word = self.stripe.word(index);
        let count = tag.read(word).saturating_add(more).min(Tag::MODULUS - 1);
        // A swap, so that it and what others count on the same stripe form one chain.
        word.swap(tag.0 << COUNT_BITS | count, Ordering::Release);
    }

    /// Counts one more at `index` under `tag`, unless the word is at a later tag already.
    #[inline(always)]
    pub(crate) fn bump(self, index: usize, tag: Tag) {
        let word = self.stripe.word(index);
        if !self.alone {
            tag.bump_shared(word);
        } else if let Some(next) = tag.bumped(word.load(Ordering::Relaxed)) {
            word.store(next, Ordering::Release);
        }
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
        // Acquire pairs with Release in `update`: who sees a count sees the counts that were bumped before it.
        let word = word.load(Ordering::Acquire);
        if word >> COUNT_BITS == self.0 { word & COUNT_MASK } else { 0 }
    }

    #[inline(never)]
    fn bump_shared(self, word: &AtomicU64) {
        word.fetch_update(Ordering::Release, Ordering::Relaxed, |word| self.bumped(word)).ok();
    }

    /// The word with one more counted, unless it is at a later tag already.
    #[inline(always)]
    pub(crate) const fn bumped(self, word: u64) -> Option<u64> {
        let (tag, count) = (Self(word >> COUNT_BITS), word & COUNT_MASK);
        if tag.0 != self.0 {
            let missed = count > 0 && self.is_before(tag);
            if missed { None } else { Some(self.0 << COUNT_BITS | 1) }
        } else if count < COUNT_MASK {
            Some(word + 1)
        } else {
            Some(self.0 << COUNT_BITS | Self::MODULUS)
        }
    }
}
