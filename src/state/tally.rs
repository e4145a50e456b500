//! What all instances of a name have counted, for those who watch them.
//!
//! Each thread counts on lines of its own, which takes a load and a store. The threads that come when all places but one are taken
//! share the last, and add to it atomically. It only grows, and it decides nothing: so it outlives the instances, and no model
//! checks it. Exact.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use super::per_thread::PerThread;

/// How many things a kind of layer may count. It is a constant, so that counting checks no bounds.
pub(crate) const WORDS: usize = 64;

/// Each on cache lines of its own; two of them, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Words([AtomicU64; WORDS]);

impl Words {
    fn new() -> Box<Self> {
        Box::new(Self(array::from_fn(|_| AtomicU64::new(0))))
    }
}

/// A row of counters. The table of metrics says what each word counts.
#[derive(Debug)]
pub(crate) struct Tally(PerThread<Box<Words>>);

impl Tally {
    pub(crate) fn new() -> Self {
        Self(PerThread::new(Words::new))
    }

    /// Counts one more.
    #[inline(always)]
    pub(crate) fn count(&self, word: usize) {
        let mine = self.0.mine(Words::new);
        let word = &mine.value.0[word % WORDS];
        if mine.alone {
            word.store(word.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        } else {
            word.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn total(&self, word: usize) -> u64 {
        self.0.each().map(|words| words.0[word % WORDS].load(Ordering::Relaxed)).sum()
    }

    /// Whether anything was ever counted.
    pub(crate) fn has_counted(&self) -> bool {
        (0..WORDS).any(|word| self.total(word) > 0)
    }
}
