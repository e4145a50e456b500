//! Claims about a word that holds a tag and a count.

use proptest::prelude::*;

use super::TAGS;
use crate::state::stripes::Tag;
use crate::sync::AtomicU64;
use crate::sync::Ordering::Relaxed;

/// The least count that does not fit beside a tag.
const END: u64 = 1 << 36;

fn word(tag: Tag, count: u64) -> AtomicU64 {
    AtomicU64::new(tag.number() << 36 | count)
}

fn bump(tag: Tag, word: &AtomicU64) {
    word.fetch_update(Relaxed, Relaxed, |word| tag.bumped(word)).ok();
}

#[test]
fn a_count_is_read_under_its_own_tag_only() {
    let word = word(Tag::new(7), 3);
    assert_eq!([6, 7, 8].map(|number| Tag::new(number).read(&word)), [0, 3, 0]);
}

#[test]
fn a_bump_counts_one() {
    let word = AtomicU64::new(0);
    let tag = Tag::new(7);
    for count in 1..=3 {
        bump(tag, &word);
        assert_eq!(tag.read(&word), count);
    }
}

#[test]
fn a_bump_under_a_later_tag_begins_at_one() {
    let word = word(Tag::new(7), 3);
    bump(Tag::new(8), &word);
    assert_eq!([7, 8].map(|number| Tag::new(number).read(&word)), [0, 1]);
}

#[test]
fn a_bump_under_an_earlier_tag_changes_nothing() {
    let word = word(Tag::new(7), 3);
    bump(Tag::new(6), &word);
    assert_eq!([6, 7].map(|number| Tag::new(number).read(&word)), [0, 3]);
}

#[test]
fn a_word_that_was_never_written_takes_any_tag() {
    for number in [0, 1, TAGS / 2, TAGS - 1] {
        let word = AtomicU64::new(0);
        bump(Tag::new(number), &word);
        assert_eq!(Tag::new(number).read(&word), 1, "{number}");
    }
}

#[test]
fn an_empty_count_is_not_taken_for_a_later_one() {
    let word = AtomicU64::new(0);
    assert_eq!(Tag::new(0).read(&word), 0);
    bump(Tag::new(TAGS - 1), &word);
    bump(Tag::new(0), &word);
    assert_eq!(Tag::new(0).read(&word), 1);
}

#[test]
fn the_largest_count_is_followed_by_half_of_what_would_be_next() {
    let tag = Tag::new(TAGS - 1);
    let word = word(tag, END - 2);
    bump(tag, &word);
    assert_eq!(tag.read(&word), END - 1);
    bump(tag, &word);
    assert_eq!(tag.read(&word), END / 2);
    bump(tag, &word);
    assert_eq!(tag.read(&word), END / 2 + 1);
}

#[test]
fn a_count_that_wraps_is_exact_by_the_modulus() {
    let tag = Tag::new(1);
    let word = word(tag, END - 1);
    bump(tag, &word);
    assert_eq!(tag.read(&word) % Tag::MODULUS, END % Tag::MODULUS);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_word_holds_the_count_of_its_latest_tag(
        first in prop_oneof![0..10_u64, TAGS - 10..TAGS],
        ahead in prop::collection::vec(0..8_u64, 1..100),
    ) {
        let word = AtomicU64::new(0);
        for ahead in &ahead {
            bump(Tag::new(first + ahead), &word);
        }
        let latest = ahead.iter().max().copied().unwrap_or_default();
        // Only what comes after the first bump of the latest tag can find the word at it.
        let count = ahead.iter().filter(|ahead| **ahead == latest).count() as u64;
        prop_assert_eq!(Tag::new(first + latest).read(&word), count);
        for earlier in 0..latest {
            prop_assert_eq!(Tag::new(first + earlier).read(&word), 0);
        }
    }
}
