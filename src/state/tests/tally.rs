//! What is counted by all instances of a name.

use super::*;
use crate::state::tally::{Tally, WORDS};

const EACH: u64 = 100;

/// More threads than have words of their own, so that some share them.
#[test]
fn a_hundred_threads_lose_no_count() {
    let tally = Tally::new();
    crowd(|| (0..EACH).for_each(|_| tally.count(3)));
    assert_eq!([2, 3, 4].map(|word| tally.total(word)), [0, 100 * EACH, 0]);
}

#[test]
fn a_word_of_each_number_is_counted_by_itself() {
    let tally = Tally::new();
    assert!(!tally.has_counted());
    (0..WORDS).for_each(|word| (0..word).for_each(|_| tally.count(word)));
    assert!((0..WORDS).all(|word| tally.total(word) == word as u64));
    assert!(tally.has_counted());
}
