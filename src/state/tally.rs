//! What all instances of a name have counted, for those who watch them.
//!
//! Each thread counts on lines of its own, which takes a load and a store. The threads that come when all places but one are taken
//! share the last, and add to it atomically. It only grows, and it decides nothing: so it outlives the instances, and no model
//! checks it. Exact.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use super::per_thread::PerThread;
use crate::sync::{known_thread_number, thread_number};

/// How many things a kind of layer may count. It is a constant, so that counting checks no bounds.
pub(crate) const WORDS: usize = 64;

/// How many threads find their words without a look at whether they were made.
const FIRST: usize = 4;

/// Each on cache lines of its own; two of them, because processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Words([AtomicU64; WORDS]);

impl Words {
    fn new() -> Self {
        Self(array::from_fn(|_| AtomicU64::new(0)))
    }

    /// Counts where no other thread does.
    #[inline(always)]
    fn count_alone(&self, word: usize) {
        let word = &self.0[word % WORDS];
        word.store(word.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    fn total(&self, word: usize) -> u64 {
        self.0[word % WORDS].load(Ordering::Relaxed)
    }
}

/// A row of counters. The table of metrics says what each word counts.
#[derive(Debug)]
pub(crate) struct Tally {
    first: [Words; FIRST],
    later: PerThread<Box<Words>>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { first: array::from_fn(|_| Words::new()), later: PerThread::new(|| Box::new(Words::new())) }
    }

    /// Counts one more.
    #[inline(always)]
    pub(crate) fn count(&self, word: usize) {
        // A thread whose number is not known has a large one, so one comparison finds both.
        match self.first.get(known_thread_number()) {
            Some(words) => words.count_alone(word),
            None => self.count_later(word),
        }
    }

    #[inline(never)]
    fn count_later(&self, word: usize) {
        if let Some(words) = self.first.get(thread_number()) {
            return words.count_alone(word);
        }
        let mine = self.later.mine(|| Box::new(Words::new()));
        if mine.alone {
            mine.value.count_alone(word);
        } else {
            mine.value.0[word % WORDS].fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn total(&self, word: usize) -> u64 {
        let later = self.later.each().map(|words| words.total(word));
        self.first.iter().map(|words| words.total(word)).chain(later).sum()
    }

    /// Whether anything was ever counted.
    pub(crate) fn has_counted(&self) -> bool {
        (0..WORDS).any(|word| self.total(word) > 0)
    }
}
