//! Claims about the order of tags.

use super::TAGS;
use crate::state::stripes::Tag;

#[test]
fn no_tag_is_before_itself() {
    assert!(!Tag::new(7).is_before(Tag::new(7)));
}

#[test]
fn a_tag_is_before_the_next_and_not_before_the_last() {
    assert!(Tag::new(7).is_before(Tag::new(8)));
    assert!(!Tag::new(8).is_before(Tag::new(7)));
}

#[test]
fn a_tag_that_is_two_to_the_16_ahead_is_not_a_later_one() {
    let ahead = 1 << 16;
    assert!(Tag::new(7).is_before(Tag::new(7 + ahead - 1)));
    assert!(!Tag::new(7).is_before(Tag::new(7 + ahead)));
}

#[test]
fn tags_keep_their_order_where_they_wrap() {
    let (last, first) = (Tag::new(TAGS - 1), Tag::new(TAGS));
    assert_eq!(first, Tag::new(0));
    assert!(last.is_before(first));
    assert!(!first.is_before(last));
}

#[test]
fn a_tag_is_the_low_bits_of_its_number() {
    assert_eq!(Tag::new(u64::MAX).number(), TAGS - 1);
    assert_eq!(Tag::new(TAGS + 5), Tag::new(5));
}
